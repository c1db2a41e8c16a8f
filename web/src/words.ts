// A reason of the API as people read it.
import type { Reason } from "./api/types";
import { strings } from "./strings";

export function reasonOf(reason: Reason | null | undefined): string {
  return reason == null ? strings.ladder.noReason : strings.reason(reason);
}
