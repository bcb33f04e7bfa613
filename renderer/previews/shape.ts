/** A shape as people write it: `768 × 3072`; `scalar` for one value without dimensions. */
export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? 'scalar' : shape.join(' × '));
