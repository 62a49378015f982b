//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Frames of a chat: a log-in, and a message. Nothing checks the token.
var (
	login  = clientFrame(`{"type":"auth","uid":"1","access_token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.` + fmt.Sprintf("%043d", 0) + `"}`)
	create = clientFrame(`{"type":"items","uid":"12","action":"create","collection":"messages","data":{"id":"01a204ae-d432-7632-8085-ded75e500f77","content":"Shall we meet at ten?"}}`)
)

// loggedIn is the answer to a log-in.
const loggedIn = `{"type":"auth","status":"ok","uid":"1"}`

// clientFrame is a text frame of less than 64 kB, with a mask that changes nothing.
func clientFrame(text string) []byte {
	frame := []byte{0x81, 0x80 | 126}
	if len(text) < 126 {
		frame[1] = 0x80 | byte(len(text))
	} else {
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(text)))
	}
	return append(append(frame, 0, 0, 0, 0), text...)
}

// A socket is a client's.
type socket struct {
	net.Conn
	in *bufio.Reader
}

// open connects, logs in, and sends one message, each of which comes back.
func open(address string) (*socket, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &socket{conn, bufio.NewReaderSize(conn, 512)}
	_ = s.SetDeadline(time.Now().Add(30 * time.Second))
	_, err = fmt.Fprintf(s, "GET /directus/websocket HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address, address)
	if err == nil {
		err = s.upgraded()
	}
	if err == nil {
		err = s.ask(login, len(loggedIn))
	}
	if err == nil {
		err = s.echo(create)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = s.SetDeadline(time.Time{})
	return s, nil
}

func (s *socket) upgraded() error {
	answer, err := http.ReadResponse(s.in, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New("no socket: " + answer.Status)
	}
	return err
}

// echo sends a frame and waits for a message of the same text.
func (s *socket) echo(frame []byte) error { return s.ask(frame, textLength(frame)) }

// ask sends a frame and waits for an answer of the given length.
func (s *socket) ask(frame []byte, answer int) error {
	if _, err := s.Write(frame); err != nil {
		return err
	}
	length, _, err := readHeader(s.in)
	if err == nil && length != answer {
		err = errors.New("something else came back")
	}
	if err == nil {
		_, err = s.in.Discard(length)
	}
	return err
}

func (s *socket) close() { _ = s.Close() }

func textLength(frame []byte) int {
	if short := int(frame[1] & 0x7f); short < 126 {
		return short
	}
	return int(binary.BigEndian.Uint16(frame[2:]))
}

// readHeader reads a header, with its mask, of a frame of less than 64 kB.
func readHeader(in *bufio.Reader) (length int, mask [4]byte, err error) {
	first, err := in.Peek(2)
	if err != nil {
		return 0, mask, err
	}
	length = int(first[1] & 0x7f)
	masked := first[1]&0x80 != 0
	size := 2
	if length == 126 {
		size += 2
	}
	if masked {
		size += 4
	}
	p, err := in.Peek(size)
	if err != nil {
		return 0, mask, err
	}
	if length == 126 {
		length = int(binary.BigEndian.Uint16(p[2:]))
	}
	if masked {
		copy(mask[:], p[size-4:])
	}
	_, err = in.Discard(size)
	return length, mask, err
}

type many []*socket

// afew is how many sockets are opened at a time where it does not matter.
const afew = 16

// openMany opens sockets, so many at a time.
func openMany(ctx context.Context, address string, count, atOnce int) (many, error) {
	sockets := make(many, count)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range sockets {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			sockets[i], err = open(address)
			return err
		})
	}
	return sockets, g.Wait()
}

func (m many) close() {
	for _, s := range m {
		if s != nil {
			s.close()
		}
	}
}

// echoFor lets every socket echo for a while, and counts.
func (m many) echoFor(span time.Duration) (int64, error) {
	var count atomic.Int64
	var g errgroup.Group
	end := time.Now().Add(span)
	for _, s := range m {
		g.Go(func() error {
			for time.Now().Before(end) {
				if err := s.echo(create); err != nil {
					return err
				}
				count.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	return count.Load(), err
}

// echoOnce echoes over every socket, and counts those that fail.
func (m many) echoOnce() int64 {
	var failed atomic.Int64
	var g errgroup.Group
	g.SetLimit(64)
	for _, s := range m {
		g.Go(func() error {
			_ = s.SetDeadline(time.Now().Add(30 * time.Second))
			if s.echo(create) != nil {
				failed.Add(1)
			}
			return nil
		})
	}
	_ = g.Wait()
	return failed.Load()
}

// echo is the upstream: it sends every message back, but for log-ins, which it accepts.
func echo(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer listener.Close()
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	var open sync.WaitGroup
	for {
		conn, err := listener.Accept()
		if err != nil {
			return nil // it was closed
		}
		open.Go(func() {
			defer conn.Close()
			_ = echoSocket(conn) // it ends with its client
		})
	}
}

func echoSocket(conn net.Conn) error {
	in := bufio.NewReaderSize(conn, 1<<10)
	request, err := http.ReadRequest(in)
	if err != nil {
		return err
	}
	if request.Header.Get("Upgrade") == "" { // chatd asks whether this is a Directus
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\npong")
		return err
	}
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "+
		accept(request.Header.Get("Sec-Websocket-Key"))+"\r\n\r\n")
	var frame []byte
	for err == nil {
		var length int
		var mask [4]byte
		if length, mask, err = readHeader(in); err != nil {
			return err
		}
		if frame = append(frame[:0], 0x81, byte(length)); length > 125 {
			frame = binary.BigEndian.AppendUint16(append(frame[:0], 0x81, 126), uint16(length))
		}
		start := len(frame)
		frame = append(frame, make([]byte, length)...)
		if _, err = io.ReadFull(in, frame[start:]); err != nil {
			return err
		}
		for i := range length {
			frame[start+i] ^= mask[i%4]
		}
		if bytes.HasPrefix(frame[start:], []byte(`{"type":"auth"`)) {
			frame = append(append(frame[:0], 0x81, byte(len(loggedIn))), loggedIn...)
		}
		_, err = conn.Write(frame)
	}
	return err
}

// accept is the proof that this is a WebSocket, RFC 6455, section 4.2.2.
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
