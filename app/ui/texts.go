package ui

import (
	"fmt"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
	"directuschat/app/texts"
)

// A text is the key of a sentence or a label. What it says in each language is in app/texts.
type text = texts.Key

// The texts. Problems and connections have theirs under keys of their own: see problemText and statusText.
const (
	textLogOut         text = "log-out"
	textMessages       text = "messages"
	textNewest         text = "newest"
	textEmpty          text = "empty"
	textEmptyHint      text = "empty-hint"
	textToday          text = "today"
	textYesterday      text = "yesterday"
	textUnknownMember  text = "unknown-member"
	textMember         text = "member"
	textDeleted        text = "deleted"
	textEdited         text = "edited"
	textTruncated      text = "truncated"
	textQueued         text = "queued"
	textSending        text = "sending"
	textNotSent        text = "not-sent"
	textRetry          text = "retry"
	textDelete         text = "delete"
	textTooLong        text = "too-long"
	textCount          text = "count"
	textServerSays     text = "server-says"
	textUnknownProblem text = "unknown-problem"
	textOfflineSince   text = "offline-since"
	textWaitingSince   text = "waiting-since"

	textRevoking text = "revoking"

	textLeavingWait    text = "leaving-wait"
	textLeavingDiscard text = "leaving-discard"
	textStay           text = "stay"
	textLeavingHint    text = "leaving-hint"

	textEarlier        text = "earlier"
	textEarlierReading text = "earlier-reading"
	textGap            text = "gap"
	textGapLoad        text = "gap-load"
	textGapReading     text = "gap-reading"

	textOpening text = "opening"
	textLine    text = "line"

	textFind         text = "find"
	textFindHint     text = "find-hint"
	textFinding      text = "finding"
	textFound        text = "found"
	textFoundNothing text = "found-nothing"
	textFoundSome    text = "found-some"
	textFindMore     text = "find-more"

	textNotifyForbidden text = "notify-forbidden"
	textNewer           text = "newer"

	textDetails     text = "details"
	textClose       text = "close"
	textState       text = "state"
	textSince       text = "since"
	textLastNews    text = "last-news"
	textNever       text = "never"
	textNextAttempt text = "next-attempt"
	textNow         text = "now"
	textAudit       text = "audit"
	textAudited     text = "audited"
	textAuditing    text = "auditing"
	textNotAudited  text = "not-audited"
	textAuditNow    text = "audit-now"
	textOutbox      text = "outbox"
	textOutboxEmpty text = "outbox-empty"
	textGaps        text = "gaps"
	textGapsNone    text = "gaps-none"
	textGapStart    text = "gap-start"
	textGapOpen     text = "gap-open"
	textGapPartly   text = "gap-partly"
	textGapUnknown  text = "gap-unknown"
	textProgram     text = "program"
	textStates      text = "states"
	textFrames      text = "frames"
	textNotify      text = "notify"
	textOn          text = "on"
	textOff         text = "off"
	textSwitchOn    text = "switch-on"
	textSwitchOff   text = "switch-off"
	textCopy        text = "copy"
	textCopied      text = "copied"
	textCopyRefused text = "copy-refused"
	textDiagnostics text = "diagnostics"

	textYou             text = "you"
	textFromYou         text = "from-you"
	textGiveUp          text = "give-up"
	textUndo            text = "undo"
	textSaving          text = "saving"
	textNotEdited       text = "not-edited"
	textNotDeleted      text = "not-deleted"
	textNotReacted      text = "not-reacted"
	textReactionFrom    text = "reaction-from"
	textQuoteUnknown    text = "quote-unknown"
	textQuoteShow       text = "quote-show"
	textReplying        text = "replying"
	textReplyingUnknown text = "replying-unknown"
	textEditing         text = "editing"
	textEditEmpty       text = "edit-empty"
	textMessageOf       text = "message-of"
	textMessageUndated  text = "message-undated"
	textActionsFor      text = "actions-for"
	textMoreActions     text = "more-actions"
	textReact           text = "react"
	textReactWith       text = "react-with"
	textPickFor         text = "pick-for"
	textReply           text = "reply"
	textReplyTo         text = "reply-to"
	textEdit            text = "edit"
	textEditOf          text = "edit-of"
	textDeleteOf        text = "delete-of"
	textCopyText        text = "copy-text"
	textCopyTextOf      text = "copy-text-of"
	textCopyLink        text = "copy-link"
	textCopyLinkOf      text = "copy-link-of"
	textGivers          text = "givers"
	textGiversOf        text = "givers-of"
	textTextCopied      text = "text-copied"
	textLinkCopied      text = "link-copied"
	textCopyFailed      text = "copy-failed"
	textDeletedUndo     text = "deleted-undo"
	textEmoji           text = "emoji"
	textSearchEmoji     text = "search-emoji"
	textEmojiGroups     text = "emoji-groups"
	textEmojiLoading    text = "emoji-loading"
	textEmojiFailed     text = "emoji-failed"
	textEmojiNone       text = "emoji-none"
)

// A plural is the key of a text that counts something.
type plural string

// The texts that count; the number is their first value.
const (
	textUnsent      plural = "unsent"
	textUnsentOf    plural = "unsent-of"
	textDiscardSure plural = "discard-sure"
	textLeaving     plural = "leaving"
	textWaiting     plural = "waiting"
	textLater       plural = "later"
	textNews        plural = "news"
	textFoundAll    plural = "found-all"
	textUnread      plural = "unread"
	textArrived     plural = "arrived"
	textSeconds     plural = "seconds"
	textTries       plural = "tries"
	textGapRows     plural = "gap-rows"
	textMissing     plural = "missing"
	textDoubled     plural = "doubled"
)

func problemText(code chat.ProblemCode) text     { return "problem-" + text(code) }
func statusText(connection chat.Connection) text { return "status-" + text(connection.String()) }
func gapText(reason chat.GapReason) text         { return "gap-" + text(reason) }
func emojiText(group string) text                { return "emoji-" + text(group) }
func stageText(stage string) text                { return "stage-" + text(stage) }

// words are the texts in the language of the page: chatd has chosen it by what the browser prefers. Natively, where the
// tests run, there is no page.
var words = sync.OnceValue(func() texts.Catalogue {
	if app.IsServer {
		return texts.For("en").Texts
	}
	return texts.For(documentElement().Get("lang").String()).Texts
})

// say returns a text, with values put in.
func say(key text, values ...any) string {
	if len(values) == 0 {
		return words()[key]
	}
	return fmt.Sprintf(words()[key], values...)
}

// sayCount returns a text that counts n things.
func sayCount(key plural, n int, values ...any) string {
	return say(text(key).Form(n), append([]any{reader().number(n)}, values...)...)
}

// sayAny returns a text whose key comes from elsewhere, or what to say otherwise.
func sayAny(key text, otherwise string) string {
	if s, known := words()[key]; known {
		return s
	}
	return otherwise
}

// isolate keeps a text that may run the other way from turning the words around it.
func isolate(s string) string { return "\u2068" + s + "\u2069" }

// sentence says what a problem is, "" for none. The server's own words are isolated: they may run the other way.
func sentence(p chat.Problem) string {
	if p == (chat.Problem{}) {
		return ""
	}
	s := sayAny(problemText(p.Code), say(textUnknownProblem))
	if p.Detail != "" {
		s += " " + say(textServerSays, isolate(p.Detail))
	}
	return s
}
