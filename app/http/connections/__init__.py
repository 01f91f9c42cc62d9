"""What uvicorn lacks for connections: limits on what clients send and leave unread, and a stop that loses no request.

It may import what `app.http` may import.
"""
