"""Sending alerts: routes, when to send, webhooks, mail and chats by Apprise, briefings, the text of a message."""
