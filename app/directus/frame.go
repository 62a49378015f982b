package directus

import (
	"fmt"

	"github.com/mailru/easyjson/jwriter"
)

// A frame is one message of the server. Directus sends four families:
//
//	{"type":"auth","status":"ok","uid":"1"}
//	{"type":"subscription","event":"create","data":[{"id":"…"}],"uid":"messages"}
//	{"type":"items","data":{"id":"…"},"uid":"2"}
//	{"type":"ping"}
//
// and errors as {"type":"…","status":"error","error":{"code":"…","message":"…"},"uid":"…"}, where the type is "subscribe"
// for subscriptions, and the uid is missing before 12.4.0, at the handshake, and where the request could not be read.
type frame struct {
	Type  string
	Event string // of a subscription
	UID   string // numbers as text: Directus changes the type of some
	Data  []byte // as it is written, not checked: part of the decoded frame
	Err   *Error // nil unless this is a refusal
}

// decodeFrame reads a frame. It fails on what is no JSON object; members of a strange type read as absent.
func decodeFrame(b []byte) (frame, error) {
	var f frame
	var status string
	var refusal Error
	err := members(b, func(key, value []byte) {
		switch string(key) {
		case "type":
			f.Type = word(value)
		case "status":
			status = word(value)
		case "event":
			f.Event = word(value)
		case "uid":
			f.UID = word(value)
		case "data":
			f.Data = value
		case "error":
			_ = members(value, func(key, value []byte) { // null, or what it may be one day, is an error without words
				switch string(key) {
				case "code":
					refusal.Code = word(value)
				case "message":
					refusal.Message = word(value)
				}
			})
		}
	})
	if err != nil {
		return frame{}, fmt.Errorf("failed to decode frame: %w", err)
	}
	if status == "error" {
		f.Err = &refusal
	}
	return f, nil
}

// pong answers the server's ping. Without it Directus closes the connection after two heartbeats.
var pong = []byte(`{"type":"pong"}`)

func authFrame(uid string, token Secret) []byte {
	w := newFrame("auth", uid)
	w.RawString(`,"access_token":`)
	w.String(string(token))
	return endFrame(w)
}

func subscribeFrame(s Subscription) []byte {
	w := newFrame("subscribe", s.UID)
	w.RawString(`,"collection":`)
	w.String(s.Collection)
	w.RawString(`,"query":`)
	s.writeQuery(w)
	return endFrame(w)
}

// probeFrame asks for a sign of life. A "ping" would be the word for it, but Directus answers that only where its
// heartbeat is switched on; the end of a subscription that never was is always acknowledged.
func probeFrame(uid string) []byte { return endFrame(newFrame("unsubscribe", uid)) }

func createFrame(uid, collection string, data []byte) []byte {
	w := newFrame("items", uid)
	w.RawString(`,"action":"create","collection":`)
	w.String(collection)
	w.RawString(`,"data":`)
	w.RawString(string(data))
	return endFrame(w)
}

func newFrame(kind, uid string) *jwriter.Writer {
	w := &jwriter.Writer{NoEscapeHTML: true}
	w.RawString(`{"type":"` + kind + `","uid":`)
	w.String(uid)
	return w
}

func endFrame(w *jwriter.Writer) []byte {
	w.RawByte('}')
	b, _ := w.BuildBytes() // fails only by an error set through Raw, which is not used
	return b
}
