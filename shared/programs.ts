/** Endings that a system runs, or hands to something that does, when such a file is opened. */
const everywhere = new Set(
  `exe com bat cmd ps1 psm1 msi msp msix scr pif cpl hta vbs vbe jse wsf wsh lnk url reg jar jnlp inf gadget appx
   sh bash zsh csh ksh fish command tool app workflow action scpt osascript pkg mpkg dmg desktop appimage run bin deb rpm
   flatpak flatpakref snap out elf so`.split(/\s+/),
);
/** Source code elsewhere; on Windows opening it runs it. */
const onWindows = new Set(['py', 'pyw', 'pyc', 'js', 'mjs', 'rb', 'pl', 'php']);

/** Whether a file of this name may be run by the system rather than shown when it is opened. */
export function isProgramName(name: string, platform: string): boolean {
  // Windows drops dots and spaces at the end of a name.
  const ending = /\.([^.]+)[. ]*$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return everywhere.has(ending) || (platform === 'win32' && onWindows.has(ending));
}

/** ELF, Windows, Mach-O in its spellings, Java classes. */
const magics = ['7f454c46', '4d5a', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'];

/** Whether the content begins as that of a program, whatever its name; a script that has no ending is taken for one too. */
export function beginsAsProgram(head: Uint8Array, name: string): boolean {
  if (head[0] === 0x23 && head[1] === 0x21 && !name.includes('.')) return true;
  const hex = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return magics.some((magic) => hex.startsWith(magic));
}
