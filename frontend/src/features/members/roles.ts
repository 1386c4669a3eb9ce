import type { Role } from "../../api/members";

/** From the weakest to the strongest, with what each may do. */
export const ROLES: readonly { readonly value: Role; readonly label: string; readonly may: string }[] = [
  { value: "viewer", label: "Viewer", may: "sees workflows and runs" },
  { value: "operator", label: "Operator", may: "also starts, cancels and repeats runs" },
  { value: "editor", label: "Editor", may: "also draws, publishes and connects" },
  { value: "admin", label: "Administrator", may: "also manages members, tokens and callback keys" },
  { value: "owner", label: "Owner", may: "may do everything" },
];

export const roleLabel = (role: Role): string => ROLES.find((one) => one.value === role)?.label ?? role;

/** Roles that somebody with this role may give: nobody gives more than they have. */
export function rolesBelow(mine: Role): { value: Role; label: string }[] {
  const reach = ROLES.findIndex((one) => one.value === mine);
  return ROLES.slice(0, reach + 1).map(({ value, label }) => ({ value, label }));
}
