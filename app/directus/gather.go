package directus

// mostTogether is how many bytes of rows are told as one change, unless one frame has more.
const mostTogether = 64 << 10

// A gatherer makes one change of many that come together: in a burst there is a frame for each row, and what is done for
// each change costs more than to read a row. What is told keeps its order.
type gatherer struct {
	deliver func(Event)
	waits   bool
	rows    Changed // that wait for what comes next …
	copied  bool    // … and are not a part of a frame any more
}

// tell delivers what is no change, after what waits.
func (g *gatherer) tell(e Event) {
	g.flush()
	g.deliver(e)
}

func (g *gatherer) changed(c Changed) {
	w := &g.rows
	if !g.waits || w.Generation != c.Generation || w.UID != c.UID || w.Kind != c.Kind ||
		!areRows(w.Data) || !areRows(c.Data) || len(w.Data)+len(c.Data) > mostTogether {
		g.flush()
		g.waits, g.rows, g.copied = true, c, false
		return
	}
	if !g.copied {
		w.Data, g.copied = append(make([]byte, 0, min(8*len(w.Data), mostTogether)), w.Data...), true
	}
	w.Data[len(w.Data)-1] = ','
	w.Data = append(w.Data, c.Data[1:]...)
}

func (g *gatherer) flush() {
	if g.waits {
		c := g.rows
		g.waits, g.rows = false, Changed{}
		g.deliver(c)
	}
}

// areRows reports whether data is an array of at least one row, as far as its ends tell.
func areRows(data []byte) bool {
	return len(data) > 2 && string(data[:2]) == "[{" && string(data[len(data)-2:]) == "}]"
}
