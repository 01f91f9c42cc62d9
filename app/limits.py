"""The service's fixed limits on requests. The limits on drawings are in `model.preprocess`."""

MAX_WORKERS = 256  # processes
MAX_BODY = 1024 * 1024  # bytes of a request body
MAX_WEIGHTS = 2 * 1024 * 1024  # bytes of uploaded weights; those of the network take 0.9 MB
MAX_STEPS_BODY = 4096  # bytes of the body of /lesson/step, which has three short fields
BODY_SECONDS = 10.0  # the longest time from the request headers to the end of the body
# The longest time between two requests on a connection. Firefox keeps an idle connection for 115 s, Caddy for 120 s. So
# they close it first, and no request arrives on a connection that the service is just closing.
IDLE_SECONDS = 125
HEADER_SECONDS = 10.0  # the longest time until the request headers are complete
MAX_HEADERS = 64 * 1024  # bytes of the request line and the headers, measured with an error of up to a quarter
MAX_ADDRESS = 8 * 1024  # bytes of the path and the query
MAX_HEADER_FIELDS = 100  # headers of a request
MAX_PIPELINED = 100  # requests on one connection that wait for those before them
UNREAD_SECONDS = 20.0  # the longest time for which a client may read nothing of a response
MAX_BATCH = 8  # drawings computed together; larger batches save no time, take more memory, and delay new connections
COSTLY = 4  # a drawing whose response takes long, such as feature maps as JSON, counts as this many in a batch
MAX_WAITING = 512  # drawings in the batch queue; one more gets the problem `overloaded`
MIN_WAITING = 64  # drawings that may wait, however long: two classes whose pens stop at the same moment are no overload
OVERLOAD_SECONDS = 0.5  # for this long after a refusal, only drawings that can be answered in time may wait
MAX_QUEUE_SECONDS = 0.1  # the longest expected wait in the queue; a longer one leads to `overloaded`
MAX_LARGE = 64  # large drawings that run or wait for a thread; one more gets the problem `overloaded`
MAX_LAB = 16  # computations of the lab that run or wait; one more gets the problem `overloaded`
MAX_STREAMS = 128  # streams of events of training runs; a class that watches two runs each has 60
MAX_CORRECTION_CALLS = 64  # uses of the saved corrections that run or wait; each has a request body in memory
LEARNING_RATES = (1e-6, 10.0)  # the smallest and the largest that the lesson's training steps allow
MAX_STEPS = 20  # training steps in one request
