// Which videos are selected, as a value: one by one, or a run with Shift.

export type Selection = {
  ids: ReadonlySet<string>;
  /** The one that was toggled last: where a run begins. */
  anchor: string | null;
};

export const nothing: Selection = { ids: new Set(), anchor: null };

/** Toggles one; with `run`, everything from the anchor to it becomes what it becomes. `order` is as listed. */
export function toggle(selection: Selection, id: string, run: boolean, order: readonly string[]): Selection {
  const ids = new Set(selection.ids);
  const on = !ids.has(id);
  for (const one of run ? between(order, selection.anchor, id) : [id]) {
    if (on) ids.add(one);
    else ids.delete(one);
  }
  return { ids, anchor: id };
}

function between(order: readonly string[], from: string | null, to: string): readonly string[] {
  const a = from === null ? -1 : order.indexOf(from);
  const b = order.indexOf(to);
  if (a < 0 || b < 0) return [to];
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** What is not listed any more is not selected either; the same value where nothing changes. */
export function prune(selection: Selection, order: readonly string[]): Selection {
  const listed = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => listed.has(id)));
  return ids.size === selection.ids.size ? selection : { ids, anchor: selection.anchor };
}
