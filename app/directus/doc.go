// Package directus is a client of Directus: its REST API, and a session that keeps a realtime connection.
//
// It owns the wire: frames, tokens, what an answer means. It knows collections, items and subscriptions, and nothing of
// what they are used for; it must not import its siblings, a user interface or a store.
//
// A Session is a state machine with one goroutine, Run's, which alone writes to the socket and decides to close it:
//
//	              ┌───────────────────────── a retry is due, Wake ◀──────────────────────┐
//	              ▼                                                                      │
//	Run ───▶ Connecting ── the socket is open ──▶ Authenticating ── "ok" ──▶ Ready       │
//	          │   │  ▲                             │    │                     │  │       │
//	          │   │  └── the token is refused once ┘    │                     │  │       │
//	          │   └── no answer, an error ──────────────┴── closed, silent ───┘  └─▶ Waiting / Offline
//	          ▼
//	        Ended   the refresh token is gone, or Directus itself has refused it; reached from every state
//
// Each way into a state is a method, moveToConnecting and so on, in states.go. Read that first, then connection.go (what
// frames do), credentials.go (one refresh at a time, never cut short), sharing.go (one refresh for all tabs), probe.go (is
// it alive?), backoff.go (when to try again), request.go (calls and creates), trace.go (what a panel may show of it). What
// Directus does on the wire, and where its versions differ, stands beside the code that deals with it, and as a table of
// facts in facts_*_test.go, checked against real servers.
//
// The parts that differ by platform are dial_*.go and fetch_*.go: the browser's WebSocket and fetch, or
// nhooyr.io/websocket and net/http.
package directus
