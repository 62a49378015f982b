package directus

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A TraceEvent is one thing that went over the wire, or a change of state, for a panel that shows what is going on.
type TraceEvent struct {
	Time time.Time // by the wall clock
	Kind string    // "in" and "out" are frames, "rest" is a request and its answer, "state" a change of state
	Text string    // without secrets, and without what people wrote
	Size int       // bytes of the frame, or of the answer's body
}

// maxTrace is how much of a text is kept, in bytes.
const maxTrace = 400

// A tracer stands between a session and the platform and tells what passes. Its function is called from many
// goroutines.
type tracer struct {
	now  func() time.Time
	tell func(TraceEvent)
}

func (t *tracer) say(kind, text string, size int) {
	if len(text) > maxTrace {
		text = strings.ToValidUTF8(text[:maxTrace], "") + "…"
	}
	t.tell(TraceEvent{Time: t.now(), Kind: kind, Text: text, Size: size})
}

// traced puts a tracer into a configuration.
func traced(cfg SessionConfig) SessionConfig {
	if cfg.Trace == nil {
		return cfg
	}
	t := &tracer{now: cfg.API.now, tell: cfg.Trace}
	cfg.API.Transport = tracedTransport{cfg.API.Transport, t}
	cfg.Dialer = tracedDialer{cfg.Dialer, t}
	deliver := cfg.Deliver
	cfg.Deliver = func(e Event) {
		if e, ok := e.(StateChanged); ok {
			text := strconv.FormatUint(e.Generation, 10) + " " + e.State.String()
			if e.Err != nil {
				text += ": " + e.Err.Error()
			}
			t.say("state", text, 0)
		}
		deliver(e)
	}
	return cfg
}

type tracedTransport struct {
	Transport
	t *tracer
}

func (tt tracedTransport) Do(ctx context.Context, address string, r Request) (Response, error) {
	began := tt.t.now()
	resp, err := tt.Transport.Do(ctx, address, r)
	result := strconv.Itoa(resp.Status)
	if err != nil {
		result = err.Error()
	}
	took := tt.t.now().Sub(began).Round(time.Millisecond)
	// Put together by hand: fmt and net/url are large, and what runs with every request the engine compiles anew.
	text := r.Method + " " + r.Path + ": " + result + " in " + strconv.FormatInt(took.Milliseconds(), 10) + " ms"
	between := " ?"
	for _, name := range slices.Sorted(maps.Keys(r.Query)) {
		for _, value := range r.Query[name] {
			text += between + name + "=" + value
			between = "&"
		}
	}
	tt.t.say("rest", text, len(resp.Body))
	return resp, err
}

type tracedDialer struct {
	Dialer
	t *tracer
}

func (d tracedDialer) Dial(ctx context.Context, url string) (Conn, error) {
	conn, err := d.Dialer.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	return tracedConn{conn, d.t}, nil
}

type tracedConn struct {
	Conn
	t *tracer
}

func (c tracedConn) Read(ctx context.Context) ([]byte, error) {
	frame, err := c.Conn.Read(ctx)
	if err == nil {
		c.t.say("in", harmless(frame), len(frame))
	}
	return frame, err
}

func (c tracedConn) Write(ctx context.Context, frame []byte) error {
	c.t.say("out", harmless(frame), len(frame))
	return c.Conn.Write(ctx, frame)
}

// harmless is a frame that may be shown and copied: members are listed that are known to hold no secret and nothing
// that somebody wrote, of the others the size.
func harmless(frame []byte) string {
	b := make([]byte, 0, 100) // by hand: every frame passes here
	err := members(frame, func(key, value []byte) {
		b = append(append(append(b, ' '), key...), '=')
		switch string(key) {
		case "type", "event", "uid", "status", "action", "collection", "query":
			b = append(b, value...)
		case "error": // some databases quote in its message what they refuse
			b = append(b, codeOf(value)...)
		default:
			b = appendSize(b, value)
		}
	})
	if err != nil {
		return "(not a frame)"
	}
	return strings.TrimPrefix(string(b), " ")
}

// codeOf is the code of a refusal, as it is written.
func codeOf(refusal []byte) []byte {
	code := appendSize(nil, refusal)
	_ = members(refusal, func(key, value []byte) {
		if string(key) == "code" {
			code = value
		}
	})
	return code
}

func appendSize(b, value []byte) []byte {
	return append(strconv.AppendInt(append(b, '('), int64(len(value)), 10), " bytes)"...)
}
