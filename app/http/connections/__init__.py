"""What uvicorn lacks for connections: limits on what clients send and leave unread, turns for requests that arrive at
once, and a stop that loses no request.

It may import what `app.http` may import.
"""
