package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Go's runtime finds the function of an address by a table (runtime.findfunctab) with a bucket of 20 bytes for every 4,096
// addresses: the index of the first function in it, and how many more of them begin up to each sixteenth of it. On wasm
// every function has 65,536 addresses, so of each there are 16 buckets, which all say its index: of our program 2 MB, a
// fifth of it, that compress well, but are unpacked, copied and kept by the engine before anything starts.
const (
	bucketSize = 20
	perFunc    = 16
)

// bucketsOf is the buckets from one index to another.
func bucketsOf(from, to int) (table []byte) {
	for i := from; i < to; i++ {
		table = binary.LittleEndian.AppendUint32(table, uint32(i/perFunc))
		table = append(table, make([]byte, bucketSize-4)...)
	}
	return table
}

// findFunctab finds the table, as far as it is like that: where it is, and how many buckets it has; none if there are
// few, and nothing would be gained.
func findFunctab(memory []byte) (at, buckets int) {
	const worthwhile = 16 * perFunc
	at = bytes.Index(memory, bucketsOf(0, worthwhile))
	if at < 0 {
		return 0, 0
	}
	buckets = worthwhile
	for bytes.HasPrefix(memory[at+buckets*bucketSize:], bucketsOf(buckets, buckets+1)) {
		buckets++
	}
	return at, buckets
}

// Sections of a module, which stand in this order.
const (
	typeSection, importSection, functionSection = 1, 2, 3
	startSection, codeSection, dataSection      = 8, 10, 11
)

// makeFunctab takes the table out of a program whose data is in one piece, and has the program make it when it is
// instantiated.
func makeFunctab(module []byte) ([]byte, error) {
	sections, err := readSections(module)
	if err != nil {
		return nil, err
	}
	start, memory, err := readData(sections.content(dataSection))
	if err != nil {
		return nil, err
	}
	at, buckets := findFunctab(memory)
	if buckets == 0 {
		return module, nil
	}
	if sections.content(startSection) != nil {
		return nil, errors.New("the program has a start of its own")
	}
	imports, err := countImports(sections.content(importSection))
	if err != nil {
		return nil, err
	}
	kind, err := sections.add(typeSection, "\x60\x00\x00") // a function that takes and returns nothing
	if err != nil {
		return nil, err
	}
	index, err := sections.add(functionSection, string(binary.AppendUvarint(nil, uint64(kind))))
	if err != nil {
		return nil, err
	}
	if _, err := sections.add(codeSection, fillFunctab(start+at, buckets)); err != nil {
		return nil, err
	}
	end := at + buckets*bucketSize
	data := append([]byte{2}, writePiece(start, memory[:at])...)
	sections.set(dataSection, append(data, writePiece(start+end, memory[end:])...))
	sections = sections.with(startSection, binary.AppendUvarint(nil, uint64(imports+index)))
	return sections.write(module), nil
}

// fillFunctab is the code of a function that writes the table.
func fillFunctab(at, buckets int) string {
	const (
		locals        = "\x01\x02\x7f" // two of i32: 0 is the place, 1 the index
		loop, end     = "\x03\x40", "\x0b"
		get0, get1    = "\x20\x00", "\x20\x01"
		set0, tee1    = "\x21\x00", "\x22\x01"
		constant      = "\x41"
		store         = "\x36\x02\x00"
		plus, shifted = "\x6a", "\x76"
		less, again   = "\x49", "\x0d\x00"
	)
	number := func(n int) string { return constant + string(fixed(n)) }
	code := locals + number(at) + set0 + loop +
		get0 + get1 + number(4) + shifted + store + // a sixteenth of the index
		get0 + number(bucketSize) + plus + set0 +
		get1 + number(1) + plus + tee1 + number(buckets) + less + again +
		end + end
	return string(binary.AppendUvarint(nil, uint64(len(code)))) + code
}

// countImports counts the functions that a program imports; it can import nothing else.
func countImports(section []byte) (int, error) {
	r := pieces{rest: section}
	n := r.number()
	for range n {
		r.bytes(r.number()) // module
		r.bytes(r.number()) // name
		if kind := r.bytes(1); r.err == nil && kind[0] != 0 {
			return 0, errors.New("the program imports more than functions")
		}
		r.number() // type
	}
	return n, r.err
}
