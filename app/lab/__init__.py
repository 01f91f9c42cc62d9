"""The lab's routes: experiments on the network with the user's own drawing.

It may import `app.drawings` and what that may import, and `model.explain`.
"""
