package relay

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// upgradeKey checks the request of a WebSocket, RFC 6455, section 4.2.1, and returns its key.
func upgradeKey(r *http.Request) (key string, ok bool) {
	keys := r.Header.Values("Sec-Websocket-Key")
	if len(keys) != 1 {
		return "", false
	}
	nonce, err := base64.StdEncoding.DecodeString(keys[0])
	return keys[0], err == nil && len(nonce) == 16 &&
		r.Method == http.MethodGet && r.ProtoAtLeast(1, 1) && r.ContentLength == 0 &&
		r.Header.Get("Sec-Websocket-Version") == "13" &&
		strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && namesToken(r.Header.Values("Connection"), "upgrade")
}

// namesToken reports whether a list in a header names the token.
func namesToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// acceptKey is the answer to a key: the proof that the other side speaks WebSocket.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const maxRefusal = 64 << 10 // bytes of a refusal's body

var answerReaders = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// dial opens a socket to the upstream. early is what it has sent already. Whether or not there is an
// error, a conn that is not nil is the caller's to close.
func (r *Relay) dial(ctx context.Context, headers http.Header, key string) (conn net.Conn, accept string, early []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	conn, err = connect(ctx, r.cfg.Upstream.Scheme == "https", r.cfg.Upstream.Host)
	if err != nil {
		return nil, "", nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() { // the deadline has passed, or is about to
			err = ctx.Err()
		} else if err == nil {
			err = conn.SetDeadline(time.Time{})
		}
	}()

	request := (&http.Request{Method: http.MethodGet, URL: r.cfg.Upstream, Host: r.cfg.Upstream.Host, Header: headers.Clone()})
	h := request.Header
	h.Set("Connection", "Upgrade")
	h.Set("Upgrade", "websocket")
	h.Set("Sec-Websocket-Key", key)
	h.Set("Sec-Websocket-Version", "13")
	if h.Get("User-Agent") == "" {
		h["User-Agent"] = nil // or net/http would name itself
	}
	if err := request.Write(conn); err != nil {
		return conn, "", nil, err
	}

	buffered := answerReaders.Get().(*bufio.Reader)
	buffered.Reset(conn)
	defer func() {
		buffered.Reset(nil)
		answerReaders.Put(buffered)
	}()
	answer, err := readAnswer(buffered, request)
	if err != nil {
		return conn, "", nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
		if err != nil {
			return conn, "", nil, err
		}
		return conn, "", nil, &RefusedError{answer, body}
	}
	accept = acceptKey(key)
	if !strings.EqualFold(answer.Header.Get("Upgrade"), "websocket") || answer.Header.Get("Sec-Websocket-Accept") != accept ||
		answer.Header.Get("Sec-Websocket-Extensions") != "" || answer.Header.Get("Sec-Websocket-Protocol") != "" {
		return conn, "", nil, ErrUpstream
	}
	return conn, accept, unread(buffered), nil
}

func connect(ctx context.Context, secure bool, host string) (net.Conn, error) {
	address, port := host, "80"
	if secure {
		port = "443"
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	if secure {
		return (&tls.Dialer{Config: &tls.Config{NextProtos: []string{"http/1.1"}}}).DialContext(ctx, "tcp", address)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", address)
}

// readAnswer skips interim answers other than the switch.
func readAnswer(from *bufio.Reader, request *http.Request) (*http.Response, error) {
	for range 5 {
		answer, err := http.ReadResponse(from, request)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUpstream, err)
		}
		if answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols {
			return answer, nil
		}
	}
	return nil, ErrUpstream
}

// unread copies what a reader has read ahead.
func unread(r *bufio.Reader) []byte {
	ahead, _ := r.Peek(r.Buffered()) // it is there
	if len(ahead) == 0 {
		return nil
	}
	return append([]byte(nil), ahead...)
}

// switchingProtocols is the answer to the client.
func switchingProtocols(headers http.Header, accept string) []byte {
	var text strings.Builder
	text.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept + "\r\n")
	_ = headers.Write(&text) // a builder takes all
	text.WriteString("\r\n")
	return []byte(text.String())
}
