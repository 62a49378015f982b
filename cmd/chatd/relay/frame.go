package relay

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"unicode/utf8"
)

// Opcodes of frames, RFC 6455, section 5.2. From opClose on they are control frames.
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
	opClose        = 8
	opPing         = 9
	opPong         = 10
)

// Status codes of close frames, RFC 6455, section 7.4.1, and the registry of IANA.
const (
	codeNormal      = 1000
	codeGoingAway   = 1001
	codeProtocol    = 1002
	codeUnsupported = 1003
	codePolicy      = 1008
	codeTooBig      = 1009
	codeRestart     = 1012
	codeBadGateway  = 1014
)

const (
	maxHeader  = 14  // bytes of a frame's header: 2, the length's 8, the mask's 4
	maxControl = 125 // bytes of a control frame's payload
)

// A closeError ends a socket, and is what its client is told in a close frame.
type closeError struct {
	code   int
	reason string // at most 123 bytes
}

func (e *closeError) Error() string { return fmt.Sprintf("%s (%d)", e.reason, e.code) }

func protocolError(reason string) error { return &closeError{codeProtocol, reason} }

// A header is the part of a frame before its payload.
type header struct {
	fin    bool
	op     byte
	masked bool
	mask   [4]byte
	length int64 // of the payload
}

func (h header) control() bool { return h.op >= opClose }

// headerSize is how many bytes the header has that begins with these two.
func headerSize(first [2]byte) int {
	size := 2
	switch first[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if first[1]&0x80 != 0 {
		size += 4
	}
	return size
}

// parseHeader reads a header of headerSize bytes. It refuses what no extension that is never negotiated could mean.
func parseHeader(p []byte) (header, error) {
	h := header{fin: p[0]&0x80 != 0, op: p[0] & 0x0f, masked: p[1]&0x80 != 0}
	short := p[1] & 0x7f
	rest := p[2:]
	switch short {
	case 126:
		h.length = int64(binary.BigEndian.Uint16(rest))
		rest = rest[2:]
	case 127:
		length := binary.BigEndian.Uint64(rest)
		if length > 1<<62 {
			return h, protocolError("a frame's length is out of range")
		}
		h.length = int64(length)
		rest = rest[8:]
	default:
		h.length = int64(short)
	}
	if h.masked {
		copy(h.mask[:], rest)
	}
	switch {
	case p[0]&0x70 != 0:
		return h, protocolError("a reserved bit is set")
	case h.op > opPong || h.op > opBinary && h.op < opClose:
		return h, protocolError("unknown opcode")
	case h.control() && (!h.fin || h.length > maxControl):
		return h, protocolError("a control frame is fragmented or too long")
	case short == 126 && h.length < 126 || short == 127 && h.length < 1<<16:
		return h, protocolError("a frame's length is not in its shortest form")
	}
	return h, nil
}

// parseClientHeader reads the header of a client's frame, which has to be masked.
func parseClientHeader(p []byte) (header, error) {
	h, err := parseHeader(p)
	if err == nil && !h.masked {
		err = protocolError("a frame is not masked")
	}
	return h, err
}

// follows checks that a client's frame with a part of a message can stand here: within a message, or between two.
func (h header) follows(within bool) error {
	switch {
	case !within && h.op == opContinuation:
		return protocolError("a message begins with a continuation")
	case within && h.op != opContinuation:
		return protocolError("a message begins within another")
	case h.op == opBinary:
		return errNoBinary
	}
	return nil
}

// appendHeader writes the header of an unfragmented frame; with a mask if it is a client's.
func appendHeader(to []byte, op byte, length int, mask *[4]byte) []byte {
	var masked byte
	if mask != nil {
		masked = 0x80
	}
	to = append(to, 0x80|op)
	switch {
	case length < 126:
		to = append(to, masked|byte(length))
	case length < 1<<16:
		to = append(to, masked|126)
		to = binary.BigEndian.AppendUint16(to, uint16(length))
	default:
		to = append(to, masked|127)
		to = binary.BigEndian.AppendUint64(to, uint64(length))
	}
	if mask != nil {
		to = append(to, mask[:]...)
	}
	return to
}

// newMask is unpredictable, so that no client can choose the bytes that leave chatd.
func newMask() (mask [4]byte) {
	binary.LittleEndian.PutUint32(mask[:], rand.Uint32())
	return mask
}

// applyMask masks a payload, or unmasks it: it is the same.
func applyMask(p []byte, mask [4]byte) {
	word := uint64(binary.LittleEndian.Uint32(mask[:]))
	word |= word << 32
	for ; len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^word)
	}
	for i := range p {
		p[i] ^= byte(word)
		word = bits.RotateLeft64(word, -8)
	}
}

// validClose reports whether this can be the payload of a close frame: nothing, or a status that may be sent (RFC 6455,
// section 7.4) and a text.
func validClose(p []byte) bool {
	if len(p) < 2 {
		return len(p) == 0
	}
	code := binary.BigEndian.Uint16(p)
	registered := code >= 1000 && code <= codeBadGateway && code != 1004 && code != 1005 && code != 1006
	return (registered || code >= 3000 && code < 5000) && utf8.Valid(p[2:])
}

// appendClose writes the frame that tells a client why its socket ends.
func appendClose(to []byte, e *closeError) []byte {
	to = appendHeader(to, opClose, 2+len(e.reason), nil)
	to = binary.BigEndian.AppendUint16(to, uint16(e.code))
	return append(to, e.reason...)
}
