// Package relay carries WebSockets between browsers and one upstream, a Directus.
//
// It owns the socket from the upgrade to the end: it speaks the handshake with the upstream, reads the frames of both
// sides (RFC 6455), and lets a client's message through only when a Policy knows it. It is our own code, and not a
// library's, because of two wishes that are hard to have otherwise: an idle socket costs next to nothing, and a socket
// ends at a message's end, with a reason. It must not know who may connect, and not what a chat is.
//
//	browser ──▶ up: frames ▶ whole messages ▶ Policy ▶ new frame ──▶ Directus
//	browser ◀── down: whole frames, as they came ◀── Directus
//
// A socket is two goroutines that wait in Read. Buffers beyond half a kilobyte for each come from pools and are held
// only while a message is on its way. Nothing is queued: whoever reads slowly slows the other side down, and is closed
// when that takes too long.
package relay
