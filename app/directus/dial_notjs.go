//go:build !js

package directus

//lint:file-ignore SA1019 the library is pinned; its successor differs in its import path only

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"nhooyr.io/websocket"
)

// NewDialer returns the platform's Dialer.
func NewDialer() Dialer { return dialer{} }

// NewDialerWith returns a Dialer that sends a header with the upgrade, which no browser can.
func NewDialerWith(header http.Header) Dialer { return dialer{header} }

type dialer struct{ header http.Header }

func (d dialer) Dial(ctx context.Context, url string) (Conn, error) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: d.header})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	ws.SetReadLimit(-1) // or an oversized frame would end the connection; pump skips it instead
	ctx, cancel := context.WithCancel(context.Background())
	c := &conn{ws: ws, cancel: cancel, queue: newQueue()}
	go c.pump(ctx)
	return c, nil
}

type conn struct {
	ws     *websocket.Conn
	cancel context.CancelFunc // ends pump
	queue  *queue
}

// pump moves frames from the socket into the queue.
func (c *conn) pump(ctx context.Context) {
	for {
		_, r, err := c.ws.Reader(ctx)
		var frame []byte
		if err == nil {
			frame, err = io.ReadAll(io.LimitReader(r, maxFrame+1))
		}
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err != nil {
			c.queue.end(fmt.Errorf("%w: %w", ErrClosed, err))
			return
		}
		if !c.queue.push(frame) {
			c.Close()
			return
		}
	}
}

func (c *conn) Read(ctx context.Context) ([]byte, error) { return c.queue.pop(ctx) }

func (c *conn) Write(ctx context.Context, frame []byte) error {
	if err := c.ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

func (c *conn) Close() {
	c.queue.end(ErrClosed)
	go func() {
		c.ws.Close(websocket.StatusNormalClosure, "") // waits for the other side, some seconds when it is mute
		c.cancel()
	}()
}
