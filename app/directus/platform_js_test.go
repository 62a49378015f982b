package directus

import (
	"context"
	"fmt"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scripted is a WebSocket as browsers have it, driven by a test. It is as strict about closing as they are: other codes
// than 1000 throw, and closing while connecting reports an error before it is closed.
const scripted = `(class {
	static made = [];
	constructor(url) {
		if (url.startsWith("forbidden:")) throw new DOMException("An insecure connection may not be initiated", "SecurityError");
		this.url = url; this.readyState = 0; this.sent = [];
		this.constructor.made.push(this);
	}
	opens() { this.readyState = 1; this.onopen?.({}); }
	says(data) { this.onmessage?.(new MessageEvent("message", {data})); }
	ends(code) { this.readyState = 3; this.onclose?.({code}); }
	send(data) {
		if (this.readyState === 0) throw new DOMException("Still in CONNECTING state", "InvalidStateError");
		this.sent.push(data);
	}
	close(code) {
		if (code !== 1000) throw new DOMException("The close code must be 1000", "InvalidAccessError");
		const connecting = this.readyState === 0;
		this.readyState = 2;
		if (connecting) setTimeout(() => { this.readyState = 3; this.onerror?.({}); this.onclose?.({code: 1006}); });
	}
})`

// withScriptedSockets replaces the WebSocket of the page; the function returned waits for the next one to be made.
func withScriptedSockets(t *testing.T) func() js.Value {
	class := js.Global().Call("eval", scripted)
	original := js.Global().Get("WebSocket")
	js.Global().Set("WebSocket", class)
	t.Cleanup(func() { js.Global().Set("WebSocket", original) })
	return func() js.Value {
		t.Helper()
		require.Eventually(t, func() bool { return class.Get("made").Length() > 0 }, 10*time.Second, time.Millisecond)
		return class.Get("made").Call("shift")
	}
}

// connect dials and returns both ends.
func connect(t *testing.T) (Conn, js.Value) {
	t.Helper()
	next := withScriptedSockets(t)
	dialled := make(chan Conn, 1)
	go func() {
		conn, err := NewDialer().Dial(t.Context(), "ws://example.com/websocket")
		assert.NoError(t, err)
		dialled <- conn
	}()
	ws := next()
	ws.Call("opens")
	conn := <-dialled
	require.NotNil(t, conn)
	t.Cleanup(conn.Close)
	return conn, ws
}

func TestBrowserSocket(t *testing.T) {
	conn, ws := connect(t)
	assert.Equal(t, "ws://example.com/websocket", ws.Get("url").String())
	require.NoError(t, conn.Write(t.Context(), []byte(`{"a":"ä"}`)))
	assert.Equal(t, `{"a":"ä"}`, ws.Get("sent").Index(0).String())

	// All of this is there before anybody reads, the end included.
	ws.Call("says", "one ☺")
	ws.Call("says", js.Global().Get("Uint8Array").New(3))
	ws.Call("says", strings.Repeat("x", maxFrame+1))
	ws.Call("says", "two")
	ws.Call("ends", 1005)
	frame, err := conn.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "one ☺", string(frame))
	_, err = conn.Read(t.Context())
	assert.ErrorIs(t, err, ErrTooLarge)
	frame, err = conn.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "two", string(frame))
	_, err = conn.Read(t.Context())
	assert.ErrorIs(t, err, ErrClosed)
	assert.ErrorIs(t, conn.Write(t.Context(), []byte(`{}`)), ErrClosed)
}

func TestBrowserSocketCloses(t *testing.T) {
	conn, ws := connect(t)
	conn.Close()
	conn.Close()
	assert.Equal(t, 2, ws.Get("readyState").Int(), "closing, with the one code that is allowed")
	_, err := conn.Read(t.Context())
	assert.ErrorIs(t, err, ErrClosed)
	ws.Call("says", "late")
	ws.Call("ends", 1006)
}

func TestBrowserSocketEndsAWaitingRead(t *testing.T) {
	conn, _ := connect(t)
	ended := make(chan error)
	go func() {
		_, err := conn.Read(t.Context())
		ended <- err
	}()
	conn.Close()
	assert.ErrorIs(t, <-ended, ErrClosed)
}

func TestBrowserSocketOverflow(t *testing.T) {
	conn, ws := connect(t)
	for range maxQueued/maxFrame + 2 { // one of them may be read before the others are taken
		ws.Call("says", strings.Repeat("x", maxFrame))
	}
	defer func() { assert.Equal(t, 2, ws.Get("readyState").Int()) }()
	for {
		_, err := conn.Read(t.Context())
		if err != nil {
			assert.ErrorIs(t, err, ErrOverflow)
			return
		}
	}
}

// Ensure that messages of a burst, and those after it, come one by one and in their order.
func TestBrowserSocketBurst(t *testing.T) {
	conn, ws := connect(t)
	for burst := range 3 {
		for i := range 100 {
			ws.Call("says", fmt.Sprint(burst, i))
		}
		for i := range 100 {
			frame, err := conn.Read(t.Context())
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(burst, i), string(frame))
		}
		ws.Call("says", "alone")
		frame, err := conn.Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, "alone", string(frame))
	}
}

// A handshake that hangs is given up, or Chromium would let every later socket to the host wait for it.
func TestBrowserDialIsGivenUp(t *testing.T) {
	next := withScriptedSockets(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := NewDialer().Dial(ctx, "ws://example.com/websocket")
	assert.ErrorIs(t, err, ErrUnreachable)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	ws := next()
	assert.Equal(t, 2, ws.Get("readyState").Int())
	ws.Call("opens") // too late: nobody listens
}

func TestBrowserDialFails(t *testing.T) {
	next := withScriptedSockets(t)
	_, err := NewDialer().Dial(t.Context(), "forbidden:")
	assert.ErrorIs(t, err, ErrUnreachable)
	ended := make(chan error)
	go func() {
		_, err := NewDialer().Dial(t.Context(), "ws://example.com/websocket")
		ended <- err
	}()
	next().Call("ends", 1006)
	assert.ErrorIs(t, <-ended, ErrUnreachable)
}

// serve starts Node's own server; handle is the body of a function of (request, response).
func serve(t *testing.T, handle string) API {
	t.Helper()
	server := js.Global().Call("require", "http").Call("createServer", js.Global().Call("eval", "((request, response) => {"+handle+"})"))
	listening := make(chan struct{})
	listen := js.FuncOf(func(js.Value, []js.Value) any {
		close(listening)
		return nil
	})
	defer listen.Release()
	server.Call("listen", 0, "127.0.0.1", listen)
	<-listening
	t.Cleanup(func() {
		server.Call("closeAllConnections")
		server.Call("close")
	})
	return API{URL: fmt.Sprint("http://127.0.0.1:", server.Call("address").Get("port").Int()), Transport: NewTransport()}
}

func TestFetch(t *testing.T) {
	api := serve(t, `
		const chunks = [];
		request.on("data", chunk => chunks.push(chunk));
		request.on("end", () => {
			const h = request.headers;
			switch (request.url) {
			case "/large": return response.end("x".repeat(3 << 20));
			case "/slow": return;
			case "/stalls": response.write("begun"); return;
			case "/cut": return response.destroy();
			case "/empty": response.writeHead(204); return response.end();
			case "/refused": response.writeHead(403); return response.end('{"errors":[{"message":"No ☺","extensions":{"code":"FORBIDDEN"}}]}');
			}
			response.setHeader("Retry-After", "7");
			response.end([request.method, request.url, h.authorization, h["content-type"], h.cookie, Buffer.concat(chunks)].join("|"));
		});
	`)
	resp, err := api.Call(t.Context(), Request{Method: "POST", Path: "x", Token: "t", Query: Query{Limit: 3}.Values(), Body: []byte(`"ä"`)})
	require.NoError(t, err)
	assert.Equal(t, `POST|/x?limit=3|Bearer t|application/json||"ä"`, string(resp.Body))
	assert.Equal(t, 7*time.Second, resp.RetryAfter)
	assert.WithinDuration(t, time.Now(), resp.Date, time.Minute)

	resp, err = api.Call(t.Context(), Request{Path: "plain"})
	require.NoError(t, err)
	assert.Equal(t, `GET|/plain||||`, string(resp.Body))

	resp, err = api.Call(t.Context(), Request{Path: "empty"})
	require.NoError(t, err)
	assert.Equal(t, 204, resp.Status)

	_, err = api.Call(t.Context(), Request{Path: "refused"})
	var refusal *Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, &Error{Status: 403, Code: "FORBIDDEN", Message: "No ☺"}, refusal)

	resp, err = api.Call(t.Context(), Request{Path: "large"})
	require.NoError(t, err)
	assert.Len(t, resp.Body, 3<<20)
	_, err = api.Call(t.Context(), Request{Path: "large", Limit: 1 << 20})
	assert.ErrorIs(t, err, ErrTooLarge)

	_, err = api.Call(t.Context(), Request{Path: "cut"})
	assert.ErrorIs(t, err, ErrUnreachable)
	for _, path := range []string{"slow", "stalls"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = api.Call(ctx, Request{Path: path})
		cancel()
		assert.ErrorIs(t, err, ErrUnreachable, path)
		assert.ErrorIs(t, err, context.DeadlineExceeded, path)
	}
	_, err = API{URL: "http://127.0.0.1:1", Transport: NewTransport()}.Call(t.Context(), Request{Path: "x"})
	assert.ErrorIs(t, err, ErrUnreachable)
}
