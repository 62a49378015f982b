package relay

import "time"

// A Sharer may see to subscriptions of clients in the upstream's stead: one subscription there can serve many of them.
// What it is told of one client comes in the order in which it happens. Its methods must not block. It goes with an Expiry:
// log-ins are looked at for both.
type Sharer interface {
	// LoggedIn is told of a token that the upstream has accepted; expires is zero if it never does.
	LoggedIn(c Client, token string, expires time.Time)
	// LoggedOut says that the client is nobody to the upstream now: its token has expired, or another one was refused.
	LoggedOut(c Client)
	// Subscribe offers a message that subscribes, which the Policy lets pass, and reports whether the Sharer sees to it.
	// Else it goes to the upstream. The text is not to be kept.
	Subscribe(c Client, text []byte) bool
	// Unsubscribe does so with a message that ends a subscription, or all.
	Unsubscribe(c Client, text []byte) bool
	// Closed says that the socket has ended. It may come for a client that was never heard of.
	Closed(c Client)
}

// A Client is a socket to a Sharer. Anybody may call its methods, which do not block; after the socket's end they do
// nothing.
type Client interface {
	// Address is where the client comes from, as the upstream is told.
	Address() string
	// Deliver sends a frame to the client, between two messages from the upstream. One that reads too slowly is
	// interrupted. The frame must not change any more.
	Deliver(frame []byte)
	// Forward sends a message to the upstream as if the client had sent it, after those that it was called with before.
	// The text must not change any more.
	Forward(text []byte)
	// Interrupt ends the socket, because the client may have missed something. It is told to connect again.
	Interrupt()
}

var (
	errInterrupted = &closeError{codeRestart, "something may have been missed; connect again"}
	errBehind      = &closeError{codeRestart, "too much has not been read; connect again"}
)

// maxBehind is how many bytes may wait for a client before it is delivered more.
const maxBehind = 256 << 10

// backlog is how many bytes of our own may wait for a client, and why no more: with a Sharer most of them are not what the
// client has asked for just now.
func (r *Relay) backlog() (most int, why error) {
	if r.cfg.Share != nil {
		return maxBehind, errBehind
	}
	return maxWaiting, errTooMuch
}

// TextFrame is a message as a frame for a client.
func TextFrame(text []byte) []byte {
	return append(appendHeader(make([]byte, 0, len(text)+maxHeader), opText, len(text), nil), text...)
}

// share has the Sharer look at a message that may pass, and reports whether it sees to it.
func (r *Relay) share(of Client, m message, text []byte) bool {
	if r.cfg.Share == nil {
		return false
	}
	switch m.kind {
	case subscribes:
		return r.cfg.Share.Subscribe(of, text)
	case unsubscribes:
		return r.cfg.Share.Unsubscribe(of, text)
	}
	return false
}
