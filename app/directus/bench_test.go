package directus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mailru/easyjson/jlexer"
)

// What is measured: one event of a message of usual length, and a page of a hundred, from the bytes of the network to
// rows of a program, as app/client has them. In js/wasm the engine's own JSON.parse is measured beside it, on the same
// bytes, and the metric "x-JSON.parse" is how many times as long it takes here. More than 6 is too slow.

const benchRow = `{"id":"0198c0de-0000-7000-8000-%012d","content":"%s","user_created":"5d1b7a8e-8f0a-4c55-9c1e-1a2b3c4d5e6f","date_created":"2026-11-22T03:58:07.472Z","date_updated":null,"deleted_at":null,"reply_to":null}`

func benchRows(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(benchRow, i, strings.Repeat("seven words that somebody typed here ", 3))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func benchEvent() []byte {
	return []byte(`{"type":"subscription","event":"create","data":` + benchRows(1) + `,"uid":"messages"}`)
}

func benchPage() []byte { return []byte(`{"data":` + benchRows(100) + `}`) }

type row struct {
	id, content, author, replyTo string
	created, updated             time.Time
	deleted                      bool
}

func readRows(data []byte) (rows []row, err error) {
	l := jlexer.Lexer{Data: data}
	ReadArray(&l, func() {
		var r row
		ReadObject(&l, func(key string) {
			switch key {
			case "id":
				r.id = ReadText(&l)
			case "content":
				r.content = ReadText(&l)
			case "user_created":
				r.author = ReadText(&l)
			case "date_created":
				r.created = ReadTime(&l)
			case "date_updated":
				r.updated = ReadTime(&l)
			case "deleted_at":
				r.deleted = ReadText(&l) != ""
			case "reply_to":
				r.replyTo = ReadText(&l)
			default:
				l.SkipRecursive()
			}
		})
		rows = append(rows, r)
	})
	return rows, l.Error()
}

func BenchmarkDecodeEvent(b *testing.B) {
	frame := benchEvent()
	benchmark(b, frame, 1, func() ([]row, error) {
		f, err := decodeFrame(frame)
		if err != nil {
			return nil, err
		}
		return readRows(f.Data)
	})
}

func BenchmarkDecodePage(b *testing.B) {
	body := benchPage()
	benchmark(b, body, 100, func() ([]row, error) {
		data, err := Data(body)
		if err != nil {
			return nil, err
		}
		return readRows(data)
	})
}

func benchmark(b *testing.B, text []byte, want int, decode func() ([]row, error)) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := decode(); err != nil || len(rows) != want {
			b.Fatal(len(rows), err)
		}
	}
	compare(b, text, func() { _, _ = decode() })
}
