// An address that leads nowhere.
import { Mark } from "../components/mark";
import { usePage } from "../page";
import { strings } from "../strings";

export function NotFoundPage(_: { default?: boolean }) {
  const heading = usePage(strings.notFound.title);
  return (
    <section class="notice">
      <Mark large />
      <h1 ref={heading} tabIndex={-1}>
        {strings.notFound.title}
      </h1>
      <p>{strings.notFound.hint}</p>
      <a class="button" href="/">
        {strings.watch.back}
      </a>
    </section>
  );
}
