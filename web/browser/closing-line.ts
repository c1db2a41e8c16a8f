// Ends the run with one line that other programs can read.
import type { Reporter, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded, or whose set-up failed, has no failed test to count.
    const brokenFiles = modules.filter(
      (module) => module.state() === "failed" && !hasFailedTest(module),
    ).length;
    const failed = count("failed") + brokenFiles + errors.length;
    console.log(`\n${count("passed")} passed, ${failed} failed`);
  }
}

function hasFailedTest(module: TestModule): boolean {
  return [...module.children.allTests()].some((test) => test.result().state === "failed");
}
