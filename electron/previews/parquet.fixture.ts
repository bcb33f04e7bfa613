/** A Parquet file written by hand: one row group or more, PLAIN, uncompressed unless `pack` is given. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: 'INT64' | 'DOUBLE' | 'STRING';
  readonly value: (row: number) => number | string;
}

const types = { INT64: 2, DOUBLE: 5, STRING: 6 } as const;

/** Thrift's compact protocol, as much of it as Parquet's headers need. */
class Thrift {
  readonly #bytes: number[] = [];
  #fields: number[] = [0];

  #varint(value: number | bigint): void {
    let rest = BigInt(value);
    while (rest >= 128n) {
      this.#bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
  #header(field: number, type: number): void {
    const last = this.#fields.at(-1) ?? 0;
    this.#bytes.push(((field - last) << 4) | type);
    this.#fields[this.#fields.length - 1] = field;
  }
  int(field: number, value: number, wide = false): this {
    this.#header(field, wide ? 6 : 5);
    this.#varint(BigInt(value) << 1n);
    return this;
  }
  text(field: number, value: string): this {
    this.#header(field, 8);
    return this.#text(value);
  }
  #text(value: string): this {
    const bytes = Buffer.from(value);
    this.#varint(bytes.length);
    this.#bytes.push(...bytes);
    return this;
  }
  struct(field: number, fill: (inner: this) => void): this {
    this.#header(field, 12);
    return this.#struct(fill);
  }
  #struct(fill: (inner: this) => void): this {
    this.#fields.push(0);
    fill(this);
    this.#fields.pop();
    this.#bytes.push(0);
    return this;
  }
  structs<T>(field: number, items: readonly T[], fill: (inner: this, item: T) => void): this {
    this.#list(field, items.length, 12);
    for (const item of items) this.#struct((inner) => fill(inner, item));
    return this;
  }
  texts(field: number, items: readonly string[]): this {
    this.#list(field, items.length, 8);
    for (const item of items) this.#text(item);
    return this;
  }
  ints(field: number, items: readonly number[]): this {
    this.#list(field, items.length, 5);
    for (const item of items) this.#varint(BigInt(item) << 1n);
    return this;
  }
  #list(field: number, length: number, type: number): void {
    this.#header(field, 9);
    if (length < 15) this.#bytes.push((length << 4) | type);
    else {
      this.#bytes.push(0xf0 | type);
      this.#varint(length);
    }
  }
  end(): Buffer {
    return Buffer.from([...this.#bytes, 0]);
  }
}

function plain({ type, value }: ParquetColumn, from: number, to: number): Buffer {
  const parts: Buffer[] = [];
  for (let row = from; row < to; row += 1) {
    const cell = value(row);
    if (type === 'STRING') {
      const text = Buffer.from(String(cell));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      parts.push(length, text);
    } else {
      const bytes = Buffer.alloc(8);
      if (type === 'INT64') bytes.writeBigInt64LE(BigInt(cell));
      else bytes.writeDoubleLE(Number(cell));
      parts.push(bytes);
    }
  }
  return Buffer.concat(parts);
}

const pageHeader = (bytes: number, values: number, unpacked = bytes): Buffer =>
  new Thrift()
    .int(1, 0)
    .int(2, unpacked)
    .int(3, bytes)
    .struct(5, (data) => data.int(1, values).int(2, 0).int(3, 3).int(4, 3))
    .end();

export interface ParquetPlan {
  readonly columns: readonly ParquetColumn[];
  /** Rows of each row group. */
  readonly groups: readonly number[];
  readonly pageRows?: number;
  /** Bytes that a page claims to unpack to, with the codec GZIP. */
  readonly claims?: number;
  /** Bytes of nothing after the first row group, as of a file with holes. */
  readonly hole?: number;
}

/** The parts of the file by offset; between them there is nothing. */
export function parquetParts({
  columns,
  groups,
  pageRows = 1000,
  claims,
  hole = 0,
}: ParquetPlan): { at: number; bytes: Buffer }[] {
  const parts = [{ at: 0, bytes: Buffer.from('PAR1') }];
  let at = 4;
  let row = 0;
  const written = groups.map((rows, index) => {
    const chunks = columns.map((column) => {
      const start = at;
      for (let from = 0; from < rows; from += pageRows) {
        const to = Math.min(rows, from + pageRows);
        const body = plain(column, row + from, row + to);
        const bytes = Buffer.concat([pageHeader(body.length, to - from, claims), body]);
        parts.push({ at, bytes });
        at += bytes.length;
      }
      return { column, start, length: at - start };
    });
    row += rows;
    if (index === 0) at += hole;
    return { rows, chunks };
  });
  const footer = new Thrift()
    .int(1, 1)
    .structs(2, [null, ...columns], (element, column) => {
      if (!column) element.text(4, 'schema').int(5, columns.length);
      else {
        element.int(1, types[column.type]).int(3, 0).text(4, column.name);
        if (column.type === 'STRING') element.int(6, 0);
      }
    })
    .int(3, row, true)
    .structs(4, written, (group, { rows, chunks }) =>
      group
        .structs(1, chunks, (chunk, { column, start, length }) =>
          chunk.int(2, start, true).struct(3, (meta) =>
            meta
              .int(1, types[column.type])
              .ints(2, [0])
              .texts(3, [column.name])
              .int(4, claims === undefined ? 0 : 2)
              .int(5, rows, true)
              .int(6, length, true)
              .int(7, length, true)
              .int(9, start, true),
          ),
        )
        .int(2, 1, true)
        .int(3, rows, true),
    )
    .end();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  parts.push({ at, bytes: Buffer.concat([footer, length, Buffer.from('PAR1')]) });
  return parts;
}

export const parquetFile = (plan: ParquetPlan): Buffer => Buffer.concat(parquetParts(plan).map(({ bytes }) => bytes));
