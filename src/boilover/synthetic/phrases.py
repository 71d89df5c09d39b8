"""What customers and agents of the synthetic desk write in English, in interchangeable parts."""

from __future__ import annotations

CALM, EVEN, IMPATIENT, ANGRY, FURIOUS = range(5)

GREETINGS = (
    ("Hi,", "Hello,", "Hi there,", "Good morning,", "Dear support team,", "Hello team,"),
    ("Hello,", "Hi,", "Dear support,", "Good afternoon,", ""),
    ("Hello,", "Hi again,", "Support,", "To whom it may concern,", ""),
    ("Hello,", "Support team,", "", ""),
    ("", "To the support team:", "Listen,", ""),
)
PROBLEMS = {
    "how_to": (
        "how do I share a report from {product} with a colleague",
        "I am looking for the setting in {product} that changes the time zone of the export",
        "is there a way to add a second approver in {product}",
        "we would like to know how archived projects can be restored in {product}",
        "could you point me to the guide for the {product} keyboard shortcuts",
    ),
    "login": (
        "I cannot log in to {product} since this morning",
        "the password reset mail of {product} does not arrive",
        "two of my colleagues are locked out of {product}",
        "single sign-on to {product} ends on a blank page",
        "{product} asks for the second factor again and again",
    ),
    "bug": (
        "the export in {product} stops at row 5000 without a message",
        "{product} shows yesterday's figures after saving",
        "the search in {product} returns nothing when a filter is set",
        "dates in {product} are shifted by one day",
        "the attachment preview of {product} stays empty",
    ),
    "billing": (
        "our last invoice for {product} lists two seats too many",
        "we were charged twice for {product} this month",
        "the credit for {product} that was promised is not on the invoice",
        "the card on our {product} account was declined although it is valid",
        "we need the {product} invoice with our new address",
    ),
    "performance": (
        "{product} takes a minute to open any page",
        "the nightly sync of {product} now runs until noon",
        "searching in {product} is slow for everybody here",
        "{product} times out when we load the dashboard",
        "uploads to {product} crawl since the last release",
    ),
    "integration": (
        "the webhook of {product} sends every event twice",
        "our connector to {product} gets status 401 with a fresh token",
        "the {product} interface rejects our payload since the update",
        "records from {product} arrive without their reference number",
        "the calendar sync with {product} misses entries",
    ),
    "outage": (
        "{product} is down for all of our users",
        "nobody here can reach {product}",
        "{product} returns error 503 on every page",
        "production is down because {product} does not answer",
        "all requests to {product} fail",
    ),
    "data_loss": (
        "a week of records has vanished from {product}",
        "the import overwrote our customer list in {product}",
        "attachments that we stored in {product} are gone",
        "{product} deleted entries that nobody here touched",
        "half of our archive in {product} is missing",
    ),
}
STARTS = (
    (
        "a small question: ",
        "I hope you can help: ",
        "thanks for the great tool. ",
        "when you have a moment: ",
    ),
    ("we noticed that ", "I am writing because ", "please have a look: ", "here is what we see: "),
    ("this is getting in our way: ", "we have a problem: ", "I need help with this soon: "),
    ("this is a serious problem for us: ", "I am really disappointed: ", "this is very frustrating: "),
    ("this is unacceptable: ", "I am furious, ", "what a terrible experience, "),
)
DETAILS = (
    "It happens in every browser that we tried.",
    "I attached a screenshot.",
    "It started on {weekday}.",
    "Restarting did not change anything.",
    "About {count} people here are affected.",
    "The reference is {reference}.",
    "We did not change anything on our side.",
    "It worked before the last update.",
    "I can reproduce it with a fresh account.",
)
IMPACTS = (
    ("There is no hurry.", "It is not urgent.", "Whenever it suits you."),
    ("It would help us to know more.", "It slows us down a little.", "We can work around it for now."),
    ("This holds up our work.", "We need this for our report on {weekday}.", "The team is waiting for it."),
    (
        "We are losing hours every day because of this.",
        "Our own customers are complaining.",
        "This is hurting us badly.",
    ),
    ("We are losing money every hour!", "Our whole operation is stuck!", "This is a disaster for us!"),
)
REQUESTS = (
    ("Thank you very much for your help!", "Many thanks in advance!", "I appreciate your support."),
    ("Could you please look into it?", "What can we do about it?", "Please let us know."),
    ("Please reply today.", "When can we expect an answer?", "Please treat this as important."),
    (
        "I expect an answer today.",
        "This needs to be fixed immediately.",
        "Why does nobody take care of this?",
    ),
    (
        "Fix this NOW!",
        "I want to speak to a manager!",
        "If this is not solved today we will cancel our contract!!",
        "Escalate this immediately!",
        "THIS IS RIDICULOUS, answer me!",
    ),
)
NUDGES = (
    ("is there any news on this?", "just checking in on this one.", "did you have a chance to look at it?"),
    ("could you give me an update?", "I have not heard back yet.", "what is the status here?"),
    (
        "I am still waiting for an answer.",
        "it has been {wait} now and I have no answer.",
        "why is there no progress?",
    ),
    (
        "I have been waiting for {wait}, this is poor service.",
        "nobody answers, and the problem is still there.",
        "this is the third time that I ask. I am very unhappy with this.",
    ),
    (
        "{wait} and NOTHING happens! This is the worst support I have ever had.",
        "your silence is an insult. Unacceptable!",
        "I have had enough of this awful service!!",
    ),
)
HOP_COMPLAINTS = (
    "I have explained this to {hops} different people now.",
    "Why do I get passed around all the time?",
    "Every time somebody else answers, and we start again from zero.",
)
REOPENINGS = (
    ("thanks, but it came back today.", "sadly the fix did not last."),
    ("the problem is still there after your fix.", "it is not solved, the same error shows up."),
    ("this was closed but nothing is fixed.", "please do not close this again, it still fails."),
    ("you closed my ticket and the problem is not fixed at all. I am annoyed.", "again broken, this is bad."),
    ("closed AGAIN without a fix?! This is a joke!", "you call this solved? It is horrible, nothing works!"),
)
THANKS = (
    "Thanks, works now!",
    "Great, that solved it. Thank you!",
    "Perfect, thanks a lot for the quick help.",
    "It works again, thank you.",
    "All good now, you can close this.",
)
ANSWERS = (
    "I tried it and get the same result.",
    "The reference is {reference}, and it happened on {weekday}.",
    "Here is the log that you asked for.",
    "Yes, it concerns {count} users.",
    "We use the current version on all machines.",
)
CLOSINGS = ("Best regards", "Kind regards", "Thanks", "Regards", "Cheers", "")

AGENT_GREETINGS = (
    "Hello,",
    "Hi,",
    "Good day,",
    "Thank you for your message.",
    "Thank you for your patience.",
)
AGENT_PROGRESS = (
    "We could reproduce the behaviour and are working on it.",
    "Our engineers are looking into {product} right now.",
    "We have found a first hint in the logs and continue from there.",
    "I am sorry for the delay. We are still on it.",
    "We are testing a fix for {product}.",
)
AGENT_ASKS = (
    "Could you send us the time at which it happened?",
    "Which version do you use?",
    "Could you please try it in a private window and tell us the result?",
    "Please send us a screenshot of the message.",
    "How many users are affected?",
)
AGENT_SOLUTIONS = (
    "We have corrected the setting on our side, so it should work now.",
    "The fix for {product} is live. Please reload the page.",
    "You find the option under Settings, Team, Advanced.",
    "The invoice was corrected and sent again.",
    "The missing records were restored from the backup.",
)
NOTES = (
    "Customer called, promised an update.",
    "Logs show timeouts on node {count}.",
    "Waiting for the release, see {reference}.",
    "Checked the account, nothing unusual.",
    "Handing over, please see the history first.",
    "Known issue, same as {reference}.",
)
ACKNOWLEDGEMENT = (
    "We have received your request {ticket} and will answer soon. If you are not satisfied with our reply "
    "you can ask for an escalation to the team lead at any time."
)
SUBJECTS = {
    "how_to": ("Question about {product}", "How to in {product}?"),
    "login": ("Cannot log in to {product}", "{product}: locked out"),
    "bug": ("{product}: wrong behaviour", "Bug in {product}"),
    "billing": ("Invoice for {product}", "Question about a charge"),
    "performance": ("{product} is slow", "Timeouts in {product}"),
    "integration": ("Interface to {product}", "Webhook problem"),
    "outage": ("{product} is DOWN", "No access to {product}"),
    "data_loss": ("Records missing in {product}", "Data gone!"),
}
HOSTILE = (
    "<script>alert('x')</script> please help <b>now</b>",
    '=HYPERLINK("https://example.com","click")',
    "+1-1; DROP TABLE tickets; --",
    "\u202egnirts desrever\u202c and zero\u200bwidth \U0001f525\U0001f525 caf\u0065\u0301",
    "\"quoted\", with 'both', commas,\r\nline ends;\tand tabs",
    "@SUM(1+1)*cmd, {{ 7*7 }} ${7*7} %s %d \\x41",
    "a" * 3000,
)
