/** The mark: stowed layers in a hull. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0c7a72" />
      <rect x="9" y="7" width="14" height="4.4" rx="1.4" fill="#fff" opacity=".55" />
      <rect x="7" y="12.6" width="18" height="4.4" rx="1.4" fill="#fff" opacity=".8" />
      <path d="M5 18.4h22l-2.3 5.2a3 3 0 0 1-2.7 1.8H10a3 3 0 0 1-2.7-1.8z" fill="#fff" />
    </svg>
  );
}
