// The routes and what surrounds them.

import { useState } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Router } from "preact-iso";
import { DropTarget } from "./components/drop-target";
import { Shortcuts } from "./components/menu";
import { Banner, Header, LiveRegion } from "./components/shell";
import { Tray } from "./components/tray";
import { LibraryPage } from "./pages/library";
import { NotFoundPage } from "./pages/not-found";
import { strings } from "./strings";

const WatchPage = lazy(() => import("./pages/watch"));
const ManagePage = lazy(() => import("./pages/manage"));
const UploadPage = lazy(() => import("./pages/upload"));

export function App() {
  const [broken, setBroken] = useState(false);
  return (
    <LocationProvider>
      <Header />
      <Banner />
      <main id="content" tabIndex={-1}>
        {broken ? (
          <Broken />
        ) : (
          <ErrorBoundary onError={() => setBroken(true)}>
            <Router>
              <LibraryPage path="/" />
              <UploadPage path="/upload" />
              <WatchPage path="/watch/:id" />
              <ManagePage path="/manage/:id" />
              <NotFoundPage default />
            </Router>
          </ErrorBoundary>
        )}
      </main>
      <Tray />
      <DropTarget />
      <Shortcuts />
      <LiveRegion />
    </LocationProvider>
  );
}

/** A chunk that could not be fetched, mostly: a new version was installed, or the network is away. */
function Broken() {
  return (
    <section class="notice">
      <h1>{strings.errors.page}</h1>
      <button type="button" class="primary" onClick={() => location.reload()}>
        {strings.errors.reload}
      </button>
    </section>
  );
}
