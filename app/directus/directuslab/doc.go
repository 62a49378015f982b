//go:build linux || darwin

// Package directuslab runs a real Directus on command, for development and tests.
//
// It owns three things, one on top of the other:
//
//   - the cache, outside the checkout: every supported version of Directus installed from npm beside the others, with a
//     Node that fits and a bootstrapped database to copy from (Install);
//   - an instance: one directory with a database, uploads, secrets and a log, and the process that serves it (Start, Run);
//   - what another process may know of an instance by its directory: is it running, where, stop it (Status, Stop, Reset).
//
// The cache, $CHATD_LAB_CACHE or else directus-chat in the user's cache directory:
//
//	node/              a Node of our own, only if the PATH has none that fits
//	12.4.0/            one installation: node_modules/, template/ (a fresh database), stamp (written last)
//	12.4.0.lock        held while that version is being installed
//	instances/NAME/    an instance of directus-dev; tests keep theirs in temporary directories
//
// An instance's directory:
//
//	data.db uploads/ extensions/ tmp/ log
//	secret admin-password admin-token    one value each, readable by the owner only
//	state.json                           version, port, process id
//	lock                                 held by the Directus process itself, so the kernel says whether it runs
//
// The package knows nothing of the chat: collections, policies and roles are app/provision's. It is never part of a
// program that is shipped.
package directuslab
