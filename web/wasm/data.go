package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// joinData makes one piece of a program's data. Go's linker leaves out what is zero, as soon as eight bytes are, and so cuts
// the data into 100,000 pieces, the most that engines allow. Each says where it belongs, which compresses badly: the
// zeros are 1 MB more, and yet 0.1 MB less to download. And an engine keeps a note of every piece, before it starts.
func joinData(module []byte) ([]byte, error) {
	sections, err := readSections(module)
	if err != nil {
		return nil, err
	}
	data := sections.content(dataSection)
	if data == nil {
		return module, nil
	}
	at, memory, err := readData(data)
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	sections.set(dataSection, append([]byte{1}, writePiece(at, memory)...))
	return sections.write(module), nil
}

// How a piece begins that is put at a constant place of the memory: kind and opcode, then the place, then this.
const (
	active   = "\x00\x41"
	constEnd = "\x0b"
)

// readData reads the pieces into what will be in memory, from the lowest place on.
func readData(section []byte) (at int, memory []byte, err error) {
	type piece struct {
		at      int
		content []byte
	}
	var all []piece
	r := pieces{rest: section}
	end := 0
	for range r.number() {
		kind := r.bytes(len(active))
		p := piece{at: r.number()} // signed, but never below zero
		closing := r.bytes(len(constEnd))
		p.content = r.bytes(r.number())
		if r.err != nil {
			return 0, nil, r.err
		}
		if string(kind) != active || string(closing) != constEnd {
			return 0, nil, errors.New("a piece has no constant place")
		}
		all = append(all, p)
		end = max(end, p.at+len(p.content))
	}
	at = end
	for _, p := range all {
		at = min(at, p.at)
	}
	memory = make([]byte, end-at)
	for _, p := range all {
		copy(memory[p.at-at:], p.content)
	}
	return at, memory, r.err
}

// writePiece puts some memory at its place.
func writePiece(at int, memory []byte) []byte {
	piece := append(append([]byte(active), fixed(at)...), constEnd...)
	piece = binary.AppendUvarint(piece, uint64(len(memory)))
	return append(piece, memory...)
}

// fixed is a number below 1<<31 in full length, so that no bit is taken for a sign.
func fixed(n int) []byte {
	var b []byte
	for shift := 0; shift < 28; shift += 7 {
		b = append(b, byte(n>>shift)|0x80)
	}
	return append(b, byte(n>>28))
}

var errEnds = errors.New("it ends in the middle")

// pieces are read from the front. After an error there is nothing more.
type pieces struct {
	rest []byte
	err  error
}

// number reads LEB128, which encoding/binary calls a varint.
func (p *pieces) number() int {
	n, size := binary.Uvarint(p.rest)
	if p.err != nil || size <= 0 || n > 1<<31 {
		p.err = errEnds
		return 0
	}
	p.rest = p.rest[size:]
	return int(n)
}

func (p *pieces) bytes(n int) []byte {
	if p.err != nil || n > len(p.rest) {
		p.err = errEnds
		return nil
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}
