package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// place puts the toolbar on the upper edge of its message, at the end of the line, as far as that is seen.
func (a *Actions) place() {
	if a.row.ID == "" { // as nearly always, at every drawing
		a.following.release()
		return
	}
	if a.following == nil {
		a.following.add(a.roving.list, "scroll", func(app.Event) { a.place() })
	}
	message := messageNode(a.row.ID)
	if !message.Truthy() { // scrolled far away
		a.bar.mark("data-away", true)
		return
	}
	at, list, bar := boxOf(message), boxOf(a.roving.list), boxOf(a.bar)
	seen := at.bottom > list.top && at.top < list.bottom
	top := max(list.top, min(at.top-bar.height()/2, list.bottom-bar.height()))
	a.bar.mark("data-away", !seen)
	a.bar.setStyle("inset-block-start", top)
	a.bar.setStyle("inset-inline-end", at.end())
}

// A box is where an element is in the window, in CSS pixels.
type box struct{ left, top, right, bottom float64 }

func boxOf(n node) box {
	r := n.Call("getBoundingClientRect")
	return box{r.Get("left").Float(), r.Get("top").Float(), r.Get("right").Float(), r.Get("bottom").Float()}
}

func (b box) height() float64 { return b.bottom - b.top }
func (b box) width() float64  { return b.right - b.left }

// end is how far the end of its lines is from that of the window's.
func (b box) end() float64 {
	if documentElement().Get("dir").String() == "rtl" {
		return b.left
	}
	return documentElement().Get("clientWidth").Float() - b.right
}

func (n node) setStyle(property string, pixels float64) {
	n.Get("style").Call("setProperty", property, fmt.Sprintf("%.1fpx", pixels))
}

// placeDialog puts it below the toolbar or its message, or above where there is more room. The style sheet decides
// whether that counts: on a phone it lies at the bottom.
func (a *Actions) placeDialog() {
	const margin = 8
	d := a.dialogNode()
	if a.open == nil || !d.Truthy() {
		return
	}
	var anchor box
	if message := messageNode(a.open.row.ID); message.Truthy() {
		anchor = boxOf(message)
	}
	if a.row.ID == a.open.row.ID {
		anchor = boxOf(a.bar)
	}
	size := boxOf(d)
	height := documentElement().Get("clientHeight").Float()
	top := anchor.bottom + margin/2
	if top+size.height() > height-margin {
		top = max(margin, min(anchor.top-margin/2, height-margin)-size.height())
	}
	width := documentElement().Get("clientWidth").Float()
	d.setStyle("--top", top)
	d.setStyle("--end", max(margin, min(anchor.end(), width-size.width()-margin)))
}
