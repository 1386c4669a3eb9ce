/** The product's mark: a mill wheel in its race. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--mr-accent)" />
      <g stroke="var(--mr-on-accent)" strokeWidth="2" strokeLinecap="round" fill="none">
        <circle cx="16" cy="13.5" r="6.5" />
        <path d="M16 4.5v18M7 13.5h18M9.6 7.1l12.8 12.8M22.4 7.1 9.6 19.9" strokeWidth="1.6" />
        <path d="M5 26c2.2-1.8 4.4-1.8 6.6 0s4.4 1.8 6.6 0 4.4-1.8 6.6 0c.8.6 1.500.9 2.200.9" />
      </g>
      <circle cx="16" cy="13.5" r="1.800" fill="var(--mr-accent)" stroke="var(--mr-on-accent)" strokeWidth="1.4" />
    </svg>
  );
}
