package ui

import (
	"fmt"

	"directuschat/app/chat"
)

// A text is the key of a sentence or a label. Those that stand in page.html as well, for the time before the program
// runs, are kept equal by a test.
type text string

// The texts. Problems and connections have theirs under keys of their own: see problemText and statusText.
const (
	textLogOut         text = "log-out"
	textMessages       text = "messages"
	textNewest         text = "newest"
	textNews           text = "news"
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
	textCopy        text = "copy"
	textCopied      text = "copied"
	textCopyRefused text = "copy-refused"
	textDiagnostics text = "diagnostics"

	textYou             text = "you"
	textDiscard         text = "discard"
	textUndo            text = "undo"
	textCancel          text = "cancel"
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
	textDeleteMessage   text = "delete-message"
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

// The texts that count. Each has a form for one and a form for any other number; the number is their first value.
const (
	textUnsent      plural = "unsent"
	textUnsentOf    plural = "unsent-of"
	textDiscardSure plural = "discard-sure"
	textLeaving     plural = "leaving"
	textWaiting     plural = "waiting"
	textLater       plural = "later"
	textSeconds     plural = "seconds"
	textTries       plural = "tries"
	textGapRows     plural = "gap-rows"
	textMissing     plural = "missing"
	textDoubled     plural = "doubled"
)

func (p plural) form(n int) text {
	if n == 1 {
		return text(p) + "-one"
	}
	return text(p) + "-other"
}

func problemText(code chat.ProblemCode) text     { return "problem-" + text(code) }
func statusText(connection chat.Connection) text { return "status-" + text(connection.String()) }
func gapText(reason chat.GapReason) text         { return "gap-" + text(reason) }
func emojiText(group string) text                { return "emoji-" + text(group) }
func stageText(stage string) text                { return "stage-" + text(stage) }

// A catalogue holds the texts of one language.
type catalogue map[text]string

var english = catalogue{
	textLogOut:         "Log out",
	textMessages:       "Messages",
	textNewest:         "Newest messages",
	textNews:           "New messages",
	textEmpty:          "No messages yet",
	textEmptyHint:      "Say hello: the first message starts the conversation.",
	textToday:          "Today",
	textYesterday:      "Yesterday",
	textUnknownMember:  "Unknown member",
	textMember:         "Member %s",
	textDeleted:        "This message was deleted.",
	textEdited:         "edited",
	textTruncated:      "Only the beginning is shown: the message is too long.",
	textQueued:         "Waiting to be sent",
	textSending:        "Sending…",
	textNotSent:        "Not sent. %s",
	textRetry:          "Retry",
	textDelete:         "Delete",
	textTooLong:        "A message has room for %s characters, and this one is %s over. Shorten it, or send it in parts.",
	textCount:          "%s of %s",
	textServerSays:     "The server says: “%s”",
	textUnknownProblem: "Something went wrong.",

	"status-signed-out":  "Logged out",
	"status-connecting":  "Connecting…",
	"status-catching-up": "Catching up…",
	"status-live":        "Up to date",
	"status-waiting":     "No connection, trying again soon",
	"status-offline":     "Offline",
	textWaitingSince:     "No connection since %s, trying again soon",
	textOfflineSince:     "Offline since %s",

	textRevoking:         "The last log-out has not reached the server yet. It is told as soon as it answers: leave this page open.",
	"unsent-one":         "%s message waits to be sent. It goes out when whoever wrote it logs in again.",
	"unsent-other":       "%s messages wait to be sent. They go out when whoever wrote them logs in again.",
	"unsent-of-one":      "%s message of %s waits to be sent. It goes out when %[2]s logs in again.",
	"unsent-of-other":    "%s messages of %s wait to be sent. They go out when %[2]s logs in again.",
	"discard-sure-one":   "Throw %s message away, for good?",
	"discard-sure-other": "Throw %s messages away, for good?",

	"leaving-one":      "%s message is not sent yet",
	"leaving-other":    "%s messages are not sent yet",
	textLeavingHint:    "If you wait, you are logged out when the last one is stored. Leave this page open until then.",
	textLeavingWait:    "Wait and log out",
	textLeavingDiscard: "Discard and log out",
	textStay:           "Stay",
	"waiting-one":      "You are logged out when %s message is sent.",
	"waiting-other":    "You are logged out when %s messages are sent.",

	textEarlier:        "Show earlier messages",
	textEarlierReading: "Loading earlier messages…",
	"later-one":        "%s newer message",
	"later-other":      "%s newer messages",
	textGap:            "Some messages are not loaded here",
	textGapLoad:        "Load",
	textGapReading:     "Loading…",

	textDetails:      "Connection details",
	textClose:        "Close",
	textState:        "State",
	textSince:        "%s, since %s",
	textLastNews:     "Last news",
	textNever:        "None yet",
	textNextAttempt:  "Next attempt",
	textNow:          "now",
	"seconds-one":    "in %s second",
	"seconds-other":  "in %s seconds",
	textAudit:        "Messages",
	textAudited:      "%s of %s, checked %s",
	textAuditing:     "Checking…",
	textNotAudited:   "Not checked yet",
	textAuditNow:     "Check now",
	"missing-one":    "%s was missing and has been loaded.",
	"missing-other":  "%s were missing and have been loaded.",
	"doubled-one":    "%s was too many and is gone.",
	"doubled-other":  "%s were too many and are gone.",
	textOutbox:       "Waiting to be sent",
	textOutboxEmpty:  "Nothing",
	"tries-one":      "%s attempt",
	"tries-other":    "%s attempts",
	textGaps:         "Interruptions",
	textGapsNone:     "None",
	textGapStart:     "Start",
	textGapOpen:      "not filled yet",
	textGapPartly:    "older ones are read when you go there",
	textGapUnknown:   "Something was missed",
	"gap-rows-one":   "%s message found",
	"gap-rows-other": "%s messages found",
	textProgram:      "Program and project",
	textStates:       "States of the connection",
	textFrames:       "Frames and requests",
	textCopy:         "Copy diagnostics",
	textCopied:       "Copied. Neither secrets nor what anybody wrote is in it.",
	textCopyRefused:  "The browser does not allow copying from here. Copy the selected text yourself.",
	textDiagnostics:  "Diagnostics",

	"stage-saving":  "being saved in this browser",
	"stage-queued":  "waiting for its turn",
	"stage-marking": "about to be sent",
	"stage-sending": "being sent",
	"stage-unclear": "sent, no answer",
	"stage-looking": "asking the server whether it has it",
	"stage-failed":  "not sent",

	"gap-connection":    "No connection",
	"gap-token-expired": "The session had to be renewed",
	"gap-subscription":  "The server stopped telling",
	"gap-clock-jump":    "The device was asleep",
	"gap-overflow":      "Too much at once",
	"gap-too-large":     "Something too large",
	"gap-unreadable":    "Something unreadable",

	textYou:             "you",
	textDiscard:         "Discard",
	textUndo:            "Undo",
	textCancel:          "Cancel",
	textSaving:          "Being saved…",
	textNotEdited:       "Not changed. %s",
	textNotDeleted:      "Not deleted. %s",
	textNotReacted:      "%s was not stored. %s",
	textReactionFrom:    "%s from %s",
	textQuoteUnknown:    "An earlier message",
	textQuoteShow:       "Go to that message",
	textReplying:        "Replying to %s: %s",
	textReplyingUnknown: "Replying to an earlier message",
	textEditing:         "Editing your message",
	textEditEmpty:       "Nothing is left of the message. Delete it?",
	textDeleteMessage:   "Delete the message",
	textMessageOf:       "%s, %s: %s",
	textMessageUndated:  "%s: %s",
	textActionsFor:      "Actions for the message by %s",
	textMoreActions:     "More actions for the message by %s",
	textReact:           "React",
	textReactWith:       "%s for the message by %s",
	textPickFor:         "Another emoji for the message by %s",
	textReply:           "Reply",
	textReplyTo:         "Reply to %s",
	textEdit:            "Edit",
	textEditOf:          "Edit the message by %s",
	textDeleteOf:        "Delete the message by %s",
	textCopyText:        "Copy text",
	textCopyTextOf:      "Copy text of the message by %s",
	textCopyLink:        "Copy link",
	textCopyLinkOf:      "Copy link to the message by %s",
	textGivers:          "Who reacted",
	textGiversOf:        "Who reacted to the message by %s",
	textTextCopied:      "Text copied",
	textLinkCopied:      "Link copied",
	textCopyFailed:      "The browser does not allow copying from here.",
	textDeletedUndo:     "Message deleted. For some seconds it can be undone.",
	textEmoji:           "Emoji",
	textSearchEmoji:     "Search emoji",
	textEmojiGroups:     "Groups of emoji",
	textEmojiLoading:    "Loading…",
	textEmojiFailed:     "The emoji could not be loaded. Close this and try again.",
	textEmojiNone:       "No emoji is called that.",

	"emoji-smileys-emotion": "Smileys",
	"emoji-people-body":     "People",
	"emoji-animals-nature":  "Animals and nature",
	"emoji-food-drink":      "Food and drink",
	"emoji-travel-places":   "Travel and places",
	"emoji-activities":      "Activities",
	"emoji-objects":         "Objects",
	"emoji-symbols":         "Symbols",
	"emoji-flags":           "Flags",

	"problem-email-invalid":       "Type your e-mail address, such as name@example.com.",
	"problem-password-missing":    "Type your password.",
	"problem-wrong-password":      "That e-mail and password do not match. If you are sure of both, ask an administrator whether your account is suspended.",
	"problem-code-needed":         "Your account asks for a one-time code as well. Type the one your authenticator app shows now.",
	"problem-code-wrong":          "That one-time code was not accepted. Type the one your authenticator app shows now.",
	"problem-suspended":           "This account is suspended. Ask an administrator to activate it again.",
	"problem-too-many-attempts":   "Too many attempts. Wait a minute, then try again.",
	"problem-account-guarded":     "Too many tries have failed for this account. Log in where you have logged in before, or ask an administrator; waiting does not help.",
	"problem-session-ended":       "You were logged out because your session has ended. Log in again to go on.",
	"problem-logged-out-by-other": "You logged out in another window.",

	"problem-unreachable":        "The server cannot be reached. Check your connection, then try again.",
	"problem-server-failing":     "The server has a problem of its own at the moment. Try again in a minute.",
	"problem-not-directus":       "There is an answer, but not from Directus. Ask an administrator to check the server's address.",
	"problem-realtime-disabled":  "Realtime is switched off in Directus. An administrator can switch it on with WEBSOCKETS_ENABLED=true.",
	"problem-read-forbidden":     "You may not read the messages. Ask an administrator to give you access to the chat.",
	"problem-write-forbidden":    "You may read the messages here, but not write.",
	"problem-collection-missing": "The collection of the messages is missing in this Directus project, or closed to you. An administrator can put that right with chatd setup.",
	"problem-storage-failing":    "The browser's storage is full or forbidden: messages that wait to be sent would be lost with this window. Free some space or allow site data, then reload.",

	"problem-too-long":  "It is too long.",
	"problem-refused":   "The server refused it.",
	"problem-key-taken": "Its key is already used by another message. Delete it and write it again.",
	"problem-unsure":    "It may have been stored all the same. Look for it before you retry.",
}

// words is the catalogue in use.
var words = english

// say returns a text, with values put in.
func say(key text, values ...any) string {
	if len(values) == 0 {
		return words[key]
	}
	return fmt.Sprintf(words[key], values...)
}

// sayCount returns a text that counts n things.
func sayCount(key plural, n int, values ...any) string {
	return say(key.form(n), append([]any{reader().number(n)}, values...)...)
}

// sayAny returns a text whose key comes from elsewhere, or what to say otherwise.
func sayAny(key text, otherwise string) string {
	if s, known := words[key]; known {
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
