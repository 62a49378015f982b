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
// Where the system is Linux and both connections are plain, a socket is a pair (pair_linux.go): a few hundred bytes in a
// loop, which is a goroutine with an epoll of its own (loop_linux.go) and sends for many of them at once, where the kernel
// lets it (batch_linux.go). With TLS, and elsewhere, it is two goroutines that wait in Read (socket.go, up.go, down.go). All
// ways do the same, and the tests are of each. Buffers come from pools and are held only while a message is on its way.
// Nothing is queued: whoever reads slowly slows the other side down, and is closed when that takes too long.
package relay
