package e2e

import (
	"encoding/json"
	"fmt"
)

// The steps of a chat.

// logIn fills in the form and sends it.
func (p *person) logIn(who account) {
	p.tb.Helper()
	p.fill("E-mail", who.Email)
	p.fill("Password", who.Password)
	p.click("button", "Log in")
}

// enter opens the site and logs in, up to a room that is live.
func (p *person) enter(s *site, who account) {
	p.tb.Helper()
	p.visit(s.URL)
	p.logIn(who)
	p.awaitConnection("live")
}

func (p *person) awaitConnection(state string) {
	p.tb.Helper()
	p.await(`document.querySelector("[role=status]")?.dataset.connection === ` + quote(state))
}

// say writes a message and sends it with Enter.
func (p *person) say(text string) {
	p.tb.Helper()
	p.clickNode(p.find("textbox", "Message"))
	p.insert(text)
	p.press("\r")
}

// sayAll writes messages as fast as the keyboard allows, and waits for nothing.
func (p *person) sayAll(texts ...string) {
	p.tb.Helper()
	p.clickNode(p.find("textbox", "Message"))
	for _, text := range texts {
		p.insert(text)
		p.press("\r")
	}
}

// think types something and does not send it.
func (p *person) think(text string) {
	p.tb.Helper()
	p.await(`document.querySelector("#message").value === ""`)
	p.clickNode(p.find("textbox", "Message"))
	p.insert(text)
}

// awaitMessage waits until exactly one message with this text is there, in the given delivery state.
func (p *person) awaitMessage(text, state string) {
	p.tb.Helper()
	p.await(fmt.Sprintf(`(m => m.length === 1 && m[0].dataset.state === %s)(%s)`, quote(state), articles(text)))
}

// awaitAlert waits for an alert that says something like this.
func (p *person) awaitAlert(words string) {
	p.tb.Helper()
	p.await(fmt.Sprintf(`[...document.querySelectorAll("[role=alert]")].some(a => a.checkVisibility() && a.innerText.includes(%s))`, quote(words)))
}

// messages are the texts of the room, from top to bottom.
func (p *person) messages() []string {
	p.tb.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("article [data-part=text]")].map(t => t.innerText)`)
}

// author is the name shown at a message.
func (p *person) author(text string) string {
	p.tb.Helper()
	return eval[string](p, articles(text)+`[0].querySelector("[data-part=author]").textContent`)
}

// articles is a JavaScript expression for the messages with exactly this text.
func articles(text string) string {
	return `[...document.querySelectorAll("article")].filter(a => a.querySelector("[data-part=text]")?.innerText === ` + quote(text) + `)`
}

// quote makes a JavaScript string of a Go string.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}
