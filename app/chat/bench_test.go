package chat_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"directuschat/app/chat"
)

// The benchmarks run natively and, by `GOOS=js GOARCH=wasm go test -exec …`, where the program does. Each holds a number
// of messages, that everything but the memory must not depend on.

var sizes = []int{100, 1_000, 20_000}

// filled is a State that is live and holds n messages, the newest of a longer past.
func filled(n int) *chat.State {
	s := &chat.State{}
	s.Apply(begin, chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
	s.Apply(begin, chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp})
	answerPage(s, s.Apply(begin, chat.Subscribed{Generation: 1}), backwards(msgs(0, 100)))
	s.Apply(begin, chat.RowsChanged{Generation: 1, Messages: msgs(100, n)})
	return s
}

// answerPage answers the page that was asked for.
func answerPage(s *chat.State, effects []chat.Effect, page []chat.Message) {
	for _, e := range effects {
		if load, ok := e.(chat.Load); ok {
			s.Apply(begin, chat.PageLoaded{Load: load.Load, Messages: page, More: true})
		}
	}
}

// What one event costs.
func BenchmarkApply(b *testing.B) {
	const run = 50
	for _, held := range sizes {
		b.Run(fmt.Sprintf("append/%d", held), func(b *testing.B) {
			s := filled(held)
			b.ResetTimer()
			b.StopTimer()
			for i := 0; i < b.N; i++ {
				var events []chat.RowsChanged
				removed := chat.RowsRemoved{Generation: 1} // so that the number held stays what it is
				for n := range run {
					m := msg(held + n)
					m.ID = chat.MessageID(fmt.Sprintf("%s-%d", m.ID, i)) // the dead do not come back
					events = append(events, chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
					removed.IDs = append(removed.IDs, m.ID)
				}
				b.StartTimer()
				for _, in := range events {
					s.Apply(begin, in)
				}
				b.StopTimer()
				s.Apply(begin, removed)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/run, "ns/event")
		})
	}
	for _, held := range sizes {
		b.Run(fmt.Sprintf("update/%d", held), func(b *testing.B) {
			s := filled(held)
			m := msg(held / 2)
			for i := 0; b.Loop(); i++ {
				m.Updated = begin.Add(time.Duration(i))
				s.Apply(begin, chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
			}
		})
	}
	for _, held := range sizes {
		b.Run(fmt.Sprintf("remove/%d", held), func(b *testing.B) {
			s := filled(held)
			b.ResetTimer()
			b.StopTimer()
			for i := 0; i < b.N; i++ {
				m := msg(held)
				m.ID = chat.MessageID(fmt.Sprint("r", i))
				s.Apply(begin, chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
				b.StartTimer()
				s.Apply(begin, chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{m.ID}})
				b.StopTimer()
			}
		})
	}
}

// Merging an older page of 100 copies no history: what is allocated is the page.
func BenchmarkOlderPage(b *testing.B) {
	for _, held := range sizes {
		b.Run(fmt.Sprint(held), func(b *testing.B) {
			b.ReportAllocs()
			b.StopTimer()
			for i := 0; i < b.N; i++ {
				s := filled(held)
				effects, page := s.Apply(begin, chat.ShowOlder{}), backwards(msgs(-100, 0))
				if held > 200 { // moves the window first
					effects = nil
					for range held/100 + 1 {
						effects = append(effects, s.Apply(begin, chat.ShowOlder{})...)
					}
				}
				runtime.GC()
				b.StartTimer()
				answerPage(s, effects, page)
				b.StopTimer()
			}
		})
	}
}

// A snapshot costs as much as the window that is drawn.
func BenchmarkSnapshot(b *testing.B) {
	for _, held := range sizes {
		b.Run(fmt.Sprint(held), func(b *testing.B) {
			s := filled(held)
			for i := 0; b.Loop(); i++ {
				m := msg(held - 1)
				m.Text = fmt.Sprint(i)
				s.Apply(begin, chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
				s.Snapshot()
			}
		})
	}
}

// What a message takes as long as it is held, with a text of 100 bytes and keys like those of a real project.
func BenchmarkMemory(b *testing.B) {
	const held = 20_000
	for b.Loop() {
		before := heap()
		s := filled(0)
		for n := range held {
			m := msg(n)
			m.ID = chat.MessageID(fmt.Sprintf("0198c0de-0000-7000-8000-%012d", n))
			m.Author = chat.UserID(fmt.Sprintf("7f3b2c1a-0000-4000-8000-%012d", n%50))
			m.Text = strings.Repeat("x", 100)
			s.Apply(begin, chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
		}
		b.ReportMetric(float64(heap()-before)/held, "B/message")
		runtime.KeepAlive(s)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
