// Package e2e walks through the product as its users do: real Chromium, the real chatd binary, a real Directus.
//
// It holds tests only. A person (person_test.go) is one browser profile and finds things as assistive technology does, by
// role and accessible name; the steps of a chat are in steps_test.go, and what befalls a tab in tab_test.go. A site (site_test.go) is a
// provisioned Directus with chatd in front of it; a link (link_test.go) is a piece of network, on either side of chatd,
// that a test can break and mend.
//
// TestPromise holds the product to its promise under one kind of trouble after the other, on every kind of project;
// TestSession does so where access tokens live for 20 s. TestSoak does it at random, for as long as one likes: make soak.
//
// BenchmarkChats compares the chat with two small rivals (rivals): a Directus in this process stands behind all three, and
// chatd before it (rivals_test.go). Two programs that do nothing (rivals/heading, rivals/line) start in our page, to tell
// what of a start is go-app's, and Go's. The disciplines are in contest_test.go, and what measures in the pages is
// rivals/probe.js.
//
// Tests wait for what they want to see and never for a while; only a soak lets some faults last, and in the benchmark a
// visitor stays before coming back.
//
// It must not reach into the packages of the browser program: what a user cannot see is tested where it lives. The one
// exception is TestCrowdComesBack, for which 200 browsers are too many: it takes the sessions alone.
package e2e
