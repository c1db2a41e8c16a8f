// What is selected in the library of this tab.
import { computed, signal } from "@preact/signals";
import { library } from "./app-state";
import { nothing, prune, type Selection, toggle } from "./state/selection";

const chosen = signal<Selection>(nothing);
const order = computed(() => library.listed.value.map((video) => video.id));
const current = computed(() => prune(chosen.value, order.value));

export const selection = {
  has: (id: string) => current.value.ids.has(id),
  videos: computed(() => library.listed.value.filter((video) => current.value.ids.has(video.id))),
  toggle: (id: string, run: boolean) => {
    chosen.value = toggle(current.value, id, run, order.value);
  },
  all: () => {
    chosen.value = { ids: new Set(order.value), anchor: null };
  },
  none: () => {
    chosen.value = nothing;
  },
};
