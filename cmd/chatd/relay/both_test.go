package relay

import "testing"

// Where there are loops, all other tests are of pairs. The same must be true of sockets, which carry TLS, and everything
// on other systems.
func TestByGoroutines(t *testing.T) {
	testPrepared(t, func(r *Relay) { r.loops = nil })
}

// testPrepared runs what is true of every way to carry sockets. Rigs are prepared so until the test is over.
func testPrepared(t *testing.T, prepared func(*Relay)) {
	before := prepare
	prepare = prepared
	t.Cleanup(func() { prepare = before })
	for name, test := range map[string]func(*testing.T){
		"MessagesPassBothWays":           TestMessagesPassBothWays,
		"FragmentsAndControlFrames":      TestFragmentsAndControlFrames,
		"RefusedMessagesStayHere":        TestRefusedMessagesStayHere,
		"AnswersStandBetweenMessages":    TestAnswersStandBetweenMessages,
		"BrokenFramesEndTheSocket":       TestBrokenFramesEndTheSocket,
		"CloseHandshake":                 TestCloseHandshake,
		"UpstreamEnds":                   TestUpstreamEnds,
		"LastWordsOfTheUpstream":         TestLastWordsOfTheUpstream,
		"HalfClosedByTheClient":          TestHalfClosedByTheClient,
		"WordsBeforeAFault":              TestWordsBeforeAFault,
		"ResetByTheClient":               TestResetByTheClient,
		"ResetByTheUpstream":             TestResetByTheUpstream,
		"StalledUpstream":                TestStalledUpstream,
		"SlowReader":                     TestSlowReader,
		"NothingIsLostOnTheWayDown":      TestNothingIsLostOnTheWayDown,
		"NothingIsLostOnTheWayUp":        TestNothingIsLostOnTheWayUp,
		"SilentClientIsClosed":           TestSilentClientIsClosed,
		"AnswersThatNobodyReads":         TestAnswersThatNobodyReads,
		"Rate":                           TestRate,
		"WaitingIsNotIdle":               TestWaitingIsNotIdle,
		"DrainOfAFastClient":             TestDrainOfAFastClient,
		"Drain":                          TestDrain,
		"CutWhileMuchIsOnItsWay":         TestCutWhileMuchIsOnItsWay,
		"Crowd":                          TestCrowd,
		"ExpiredSocketEnds":              TestExpiredSocketEnds,
		"QuietBeforeTheEnd":              TestQuietBeforeTheEnd,
		"LoginInTimeKeepsTheSocket":      TestLoginInTimeKeepsTheSocket,
		"ForgedTokenChangesNothing":      TestForgedTokenChangesNothing,
		"RefusedLoginEndsTheSocket":      TestRefusedLoginEndsTheSocket,
		"AnswerAcrossTheBuffersEnd":      TestAnswerAcrossTheBuffersEnd,
		"NewDirectusGuardsItself":        TestNewDirectusGuardsItself,
		"Share":                          TestShare,
		"DeliveredBetweenMessages":       TestDeliveredBetweenMessages,
		"NothingIsLostOfWhatIsDelivered": TestNothingIsLostOfWhatIsDelivered,
		"Interrupt":                      TestInterrupt,
		"RefusedIsNotShared":             TestRefusedIsNotShared,
		"DeliveredToNobody":              TestDeliveredToNobody,
	} {
		t.Run(name, test)
	}
}
