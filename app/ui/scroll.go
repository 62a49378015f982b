package ui

// What follows knows whether the reader is at the newest message, and scrolls.

// locate finds out whether the reader is at the newest message. That the list has grown below them, or that an event
// tells of it late, does not count as leaving: only going up does.
func (l *MessageList) locate() {
	const near = 16 // CSS pixels
	if l.stayed() { // as with nearly every message: nothing else needs to be asked
		return
	}
	top := l.scroller.Get("scrollTop").Float()
	switch {
	case l.below() <= near && l.later == 0:
		l.away = false
	case top < l.top:
		l.away, l.settled = true, false
	}
	l.moved += top - l.top
	l.seenAt(top)
}

// stayed reports whether the reader is at the newest message as before. To be there the list may have been scrolled: with
// it by stick, or by the browser when it became shorter.
func (l *MessageList) stayed() bool {
	if l.away || !l.settled || !l.stick.on {
		return false
	}
	stayed := l.stick.seen.Call("stayed").Bool()
	if !stayed {
		l.top = l.stick.seen.Get("top").Float()
	}
	return stayed
}

// stickToEnd has the list stick to its end, or not.
func (l *MessageList) stickToEnd() { l.stick.to(l.settled && !l.away, l.top) }

// seenAt keeps where the scroller is. While the list sticks to its end, the page knows better: see stayed and settle.
func (l *MessageList) seenAt(top float64) {
	l.top = top
	if l.stick.on {
		l.stick.seen.Set("top", top)
	}
}

// settle scrolls to where the reader is to be, after the list or its frame has changed.
func (l *MessageList) settle() {
	if l.stick.on {
		l.top = l.stick.seen.Get("top").Float()
	}
	moved := l.scroller.Get("scrollTop").Float() - l.top // by the reader, who is not to be taken back
	if moved != 0 && l.below() < 1 {
		moved = 0 // by the browser: the list has become shorter
	}
	l.moved += moved
	l.settled = !l.away && moved >= 0
	switch {
	case l.away:
		l.anchor.top -= moved
		l.look().hold(l.anchor)
		l.seenAt(l.scroller.Get("scrollTop").Float())
	case l.settled: // else the event is still to come
		l.toBottom()
	}
}

// below is how much there is to be seen further down.
func (l *MessageList) below() float64 {
	return l.scroller.Get("scrollHeight").Float() - l.scroller.Get("clientHeight").Float() - l.scroller.Get("scrollTop").Float()
}

func (l *MessageList) toBottom() {
	l.scroller.Set("scrollTop", l.scroller.Get("scrollHeight"))
	l.seenAt(l.scroller.Get("scrollTop").Float())
}
