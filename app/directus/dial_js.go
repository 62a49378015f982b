package directus

import (
	"bytes"
	"context"
	"fmt"
	"syscall/js"
)

// NewDialer returns the platform's Dialer: here the browser's own WebSocket.
//
// nhooyr.io/websocket, which serves elsewhere, cannot give up a socket that is still connecting: it closes with codes
// that browsers refuse, so the attempt stays. Chromium makes one handshake at a time with a host, so every later
// attempt then waits for the dead one (measured: no second socket in 20 s behind one that hung, 15 ms after closing it).
func NewDialer() Dialer { return dialer{} }

type dialer struct{}

var (
	jsObject = js.Global().Get("Object") // a string has a length only as an object
	encoder  = js.Global().Get("TextEncoder").New()

	// dataOf is a function of the browser's own that Array.map can call with messages: what they carry.
	dataOf = js.Global().Get("Function").Get("prototype").Get("call").Call("bind",
		jsObject.Call("getOwnPropertyDescriptor", js.Global().Get("MessageEvent").Get("prototype"), "data").Get("get"))
)

func (dialer) Dial(ctx context.Context, url string) (Conn, error) {
	c := &conn{queue: newQueue(), opened: make(chan struct{}), closed: make(chan struct{})}
	err := try(func() { c.ws = js.Global().Get("WebSocket").New(url) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err) // a page on https may not dial ws
	}
	c.listen()
	select {
	case <-c.opened:
		return c, nil
	case <-c.closed:
		c.Close()
		return nil, fmt.Errorf("%w: the upgrade failed", ErrUnreachable)
	case <-ctx.Done():
		c.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, ctx.Err())
	}
}

// A conn is a browser's socket. Its listeners run between two tasks of the page and must never block: they only append
// to the queue.
type conn struct {
	ws        js.Value
	queue     *queue
	opened    chan struct{}
	closed    chan struct{}
	listeners map[string]js.Func // nil when it is closed by us
	gathered  js.Value           // an array of messages, in a burst
	gatherer  js.Value           // a listener that adds to it
	rounds    js.Value           // a MessageChannel to oneself: the next round of a burst
}

func (c *conn) listen() {
	c.listeners = map[string]js.Func{}
	on := func(event string, f func(e js.Value)) { c.ws.Set("on"+event, c.listener(event, f)) }
	on("open", func(js.Value) { close(c.opened) })
	c.gathered, c.rounds = js.Global().Get("Array").New(), js.Global().Get("MessageChannel").New()
	c.gatherer = c.gathered.Get("push").Call("bind", c.gathered)
	c.rounds.Get("port1").Set("onmessage", c.listener("round", func(js.Value) { c.round() }))
	on("message", func(e js.Value) {
		c.take(e)
		c.gather()
	})
	// "error" says nothing that "close" does not, and "close" follows it.
	on("close", func(e js.Value) {
		for c.takeGathered() {
		}
		c.queue.end(fmt.Errorf("%w (code %d)", ErrClosed, e.Get("code").Int()))
		close(c.closed)
	})
}

func (c *conn) listener(event string, f func(e js.Value)) js.Func {
	c.listeners[event] = js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	return c.listeners[event]
}

// mostOfRound is how many messages are taken at once. Between two rounds the page hears what is typed.
const mostOfRound = 100

// between separates messages that are taken together. It is in no JSON, which writes it as an escape.
const between = "\x00"

// gather has what follows a message wait for the next round: in a burst the program is called once for many messages, and
// not for each of them, which costs more than to read it. The browser gathers them by itself.
func (c *conn) gather() {
	if c.listeners == nil {
		return
	}
	c.ws.Set("onmessage", c.gatherer)
	c.rounds.Get("port2").Call("postMessage", js.Null())
}

// round takes what has been gathered. After one without anything the burst is over.
func (c *conn) round() {
	if !c.takeGathered() && c.listeners != nil {
		c.ws.Set("onmessage", c.listeners["message"])
		return
	}
	c.gather()
}

// takeGathered reports whether there was anything. What is gathered comes over as one text: each value that the program
// takes from the browser has its price. A message that is no text is junk so, too.
func (c *conn) takeGathered() bool {
	messages := c.gathered.Call("splice", 0, mostOfRound)
	n := messages.Length()
	if n == 0 {
		return false
	}
	together := messages.Call("map", dataOf).Call("join", between)
	if jsObject.Invoke(together).Length() > maxFrame { // one of them may be too large
		for i := range n {
			c.take(messages.Index(i))
		}
		return true
	}
	text := encoder.Call("encode", together) // String would copy it twice more
	frames := make([]byte, text.Length())
	js.CopyBytesToGo(frames, text)
	for frame := range bytes.SplitSeq(frames, []byte(between)) {
		c.push(frame)
	}
	return true
}

func (c *conn) take(message js.Value) {
	data := message.Get("data")
	if data.Type() != js.TypeString {
		return // Directus sends text only
	}
	var frame []byte // stays nil if it is too large to be copied into the program's memory, which never shrinks
	if jsObject.Invoke(data).Length() <= maxFrame {
		frame = []byte(data.String())
	}
	c.push(frame)
}

func (c *conn) push(frame []byte) {
	if !c.queue.push(frame) {
		c.Close()
	}
}

func (c *conn) Read(ctx context.Context) ([]byte, error) { return c.queue.pop(ctx) }

func (c *conn) Write(_ context.Context, frame []byte) error {
	const open = 1 // in other states send fails, or discards without a word
	if c.ws.Get("readyState").Int() != open {
		return ErrClosed
	}
	if err := try(func() { c.ws.Call("send", string(frame)) }); err != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

// Close takes the listeners off, so that the connection is over at once for us; the browser may go on for a minute
// waiting for the other side. Of the codes only 1000, and those from 3000, are a page's to send.
func (c *conn) Close() {
	c.queue.end(ErrClosed)
	if c.listeners == nil {
		return
	}
	for event, listener := range c.listeners {
		c.ws.Set("on"+event, js.Null())
		listener.Release()
	}
	c.rounds.Get("port1").Call("close")
	c.listeners = nil
	try(func() { c.ws.Call("close", 1000) })
}
