import { useId } from "react";
import { NumberField } from "../../ui/NumberField";
import { Select } from "../../ui/Select";
import styles from "./settings.module.css";

interface LimitFieldProps {
  readonly label: string;
  /** Null: as the next wider rule says. 0, where `none` has words for it: no limit. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  /** The choices in words. */
  readonly inherited: string;
  readonly none?: string | undefined;
  readonly own: string;
  readonly unit: string;
  /** What an own number begins with. */
  readonly start: number;
  readonly most: number;
  readonly decimals?: boolean | undefined;
  readonly error?: string | undefined;
}

/** As it is said elsewhere, no limit, or a number of one's own. */
export function LimitField({ label, value, onChange, inherited, none, own, unit, start, most, decimals = false, error }: LimitFieldProps) {
  const id = useId();
  const choice = value === null ? "inherited" : value === 0 && none !== undefined ? "none" : "own";
  const choices = [{ value: "inherited", label: inherited }, ...(none === undefined ? [] : [{ value: "none", label: none }]), { value: "own", label: own }];
  return (
    <div className={styles.limit}>
      <Select
        label={label}
        data={choices}
        value={choice}
        onChange={(chosen) => onChange(chosen === "inherited" ? null : chosen === "none" ? 0 : start)}
        error={choice === "own" ? undefined : error}
      />
      {choice === "own" && (
        <div className={styles.number}>
          <NumberField
            aria-label={`${label}: ${unit}`}
            aria-describedby={id}
            value={value ?? ""}
            onChange={(given) => onChange(typeof given === "number" ? given : start)}
            min={decimals ? 0.001 : 1}
            max={most}
            allowDecimal={decimals}
            decimalScale={3}
            allowNegative={false}
            hideControls
            error={error}
          />
          <span id={id}>{unit}</span>
        </div>
      )}
    </div>
  );
}
