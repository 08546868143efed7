"""The messages of proto/hodei/v1/worker.proto as tables, and the paths of its calls."""

from __future__ import annotations

from hodei.agent.codec import (
    BOOL,
    BYTES,
    ENUM,
    INT32,
    INT64,
    MAP,
    OPTIONAL,
    REPEATED,
    STRING,
    UINT32,
    UINT64,
    Schema,
)

REGISTER = "/hodei.v1.WorkerAgentService/Register"
WORKER_STREAM = "/hodei.v1.WorkerAgentService/WorkerStream"
UNREGISTER_WORKER = "/hodei.v1.WorkerAgentService/UnregisterWorker"

LOG_STREAM_KIND_STDOUT = 1
LOG_STREAM_KIND_STDERR = 2

EXIT_CAUSE_EXIT = 1
EXIT_CAUSE_SIGNAL = 2
EXIT_CAUSE_OOM = 3
EXIT_CAUSE_TIMEOUT = 4
EXIT_CAUSE_CANCELLED = 5
EXIT_CAUSE_SPEC = 6

COMMAND_TYPE_SHELL = 1
COMMAND_TYPE_EXEC = 2
COMMAND_TYPE_PYTHON = 3
COMMAND_TYPE_NODE = 4

REGISTER_REQUEST = Schema(
    "RegisterRequest",
    (1, "worker_id", STRING),
    (2, "otp", STRING),
    (3, "agent_version", STRING),
    (4, "architecture", STRING),
    (5, "hostname", STRING),
    (6, "features", STRING, REPEATED),
)

CERTIFICATE = Schema(
    "Certificate",
    (1, "identity", STRING),
    (2, "authorities", STRING),
)

REGISTER_RESPONSE = Schema(
    "RegisterResponse",
    (1, "session_token", STRING),
    (2, "heartbeat_ms", UINT32),
    (3, "fence_ms", UINT32),
    (4, "server_version", STRING),
    (5, "certificate", CERTIFICATE),
)

UNREGISTER_WORKER_REQUEST = Schema(
    "UnregisterWorkerRequest",
    (1, "session_token", STRING),
    (2, "reason", STRING),
)

UNREGISTER_WORKER_RESPONSE = Schema("UnregisterWorkerResponse")

HELLO = Schema(
    "Hello",
    (1, "worker_id", STRING),
    (2, "attempt_id", STRING),
    (3, "started", BOOL),
    (4, "exited", BOOL),
    (5, "started_at_ms", INT64),
    (6, "last_chunk_seq", UINT64),
)

HEARTBEAT = Schema(
    "Heartbeat",
    (1, "sent_at_ms", INT64),
)

ATTEMPT_STARTED = Schema(
    "AttemptStarted",
    (1, "attempt_id", STRING),
    (2, "started_at_ms", INT64),
    (3, "pid", INT64),
)

LOG_CHUNK = Schema(
    "LogChunk",
    (1, "attempt_id", STRING),
    (2, "seq", UINT64),
    (3, "stream", ENUM),
    (4, "time_ms", INT64),
    (5, "data", BYTES),
)

STATS_SAMPLE = Schema(
    "StatsSample",
    (1, "attempt_id", STRING),
    (2, "time_ms", INT64),
    (3, "cpu_ms", UINT64),
    (4, "memory_bytes", UINT64),
    (5, "memory_peak_bytes", UINT64),
    (6, "disk_read_bytes", UINT64),
    (7, "disk_write_bytes", UINT64),
    (8, "net_rx_bytes", UINT64),
    (9, "net_tx_bytes", UINT64),
    (10, "processes", UINT32),
    (11, "source", STRING),
)

ATTEMPT_EXITED = Schema(
    "AttemptExited",
    (1, "attempt_id", STRING),
    (2, "cause", ENUM),
    (3, "exit_code", INT32, OPTIONAL),
    (4, "signal", INT32),
    (5, "message", STRING),
    (6, "started_at_ms", INT64),
    (7, "exited_at_ms", INT64),
    (8, "last_chunk_seq", UINT64),
    (9, "log_bytes", UINT64),
    (10, "log_chain", BYTES),
    (11, "cpu_ms", UINT64),
    (12, "memory_peak_bytes", UINT64),
    (13, "log_lost_bytes", UINT64),
)

TERMINAL_OUTPUT = Schema(
    "TerminalOutput",
    (1, "terminal_id", STRING),
    (2, "data", BYTES),
    (3, "stderr", BOOL),
)

TERMINAL_EXITED = Schema(
    "TerminalExited",
    (1, "terminal_id", STRING),
    (2, "exit_code", INT32),
    (3, "error", STRING),
)

TERMINAL_TAKEN = Schema(
    "TerminalTaken",
    (1, "terminal_id", STRING),
    (2, "bytes", UINT32),
)

CANCEL_SEEN = Schema(
    "CancelSeen",
    (1, "attempt_id", STRING),
    (2, "at_ms", INT64),
)

AGENT_FRAME = Schema(
    "AgentFrame",
    (1, "hello", HELLO, "frame"),
    (2, "heartbeat", HEARTBEAT, "frame"),
    (3, "started", ATTEMPT_STARTED, "frame"),
    (4, "log", LOG_CHUNK, "frame"),
    (5, "stats", STATS_SAMPLE, "frame"),
    (6, "exited", ATTEMPT_EXITED, "frame"),
    (7, "terminal_output", TERMINAL_OUTPUT, "frame"),
    (8, "terminal_exited", TERMINAL_EXITED, "frame"),
    (9, "cancel_seen", CANCEL_SEEN, "frame"),
    (10, "terminal_taken", TERMINAL_TAKEN, "frame"),
)

AGENT_BATCH = Schema(
    "AgentBatch",
    (1, "frames", AGENT_FRAME, REPEATED),
)

WELCOME = Schema(
    "Welcome",
    (1, "acked_chunk_seq", UINT64),
    (2, "abandon", BOOL),
)

RESOURCE_LIMITS = Schema(
    "ResourceLimits",
    (1, "cpu_millis", UINT32),
    (2, "memory_bytes", UINT64),
    (3, "pids", UINT32),
)

RUN_ATTEMPT = Schema(
    "RunAttempt",
    (1, "attempt_id", STRING),
    (2, "job_id", STRING),
    (3, "job_name", STRING),
    (4, "attempt_number", UINT32),
    (5, "type", ENUM),
    (6, "script", STRING),
    (7, "argv", STRING, REPEATED),
    (8, "env", STRING, MAP),
    (9, "secret_env", STRING, MAP),
    (10, "working_dir", STRING),
    (11, "stdin", BYTES),
    (12, "timeout_ms", UINT64),
    (13, "grace_ms", UINT64),
    (14, "limits", RESOURCE_LIMITS),
    (15, "stop_signal", INT32),
)

CANCEL_ATTEMPT = Schema(
    "CancelAttempt",
    (1, "attempt_id", STRING),
    (2, "grace_ms", UINT64, OPTIONAL),
    (3, "reason", STRING),
)

LOG_ACK = Schema(
    "LogAck",
    (1, "attempt_id", STRING),
    (2, "seq", UINT64),
)

EXIT_ACK = Schema(
    "ExitAck",
    (1, "attempt_id", STRING),
)

TERMINAL_OPEN = Schema(
    "TerminalOpen",
    (1, "terminal_id", STRING),
    (2, "argv", STRING, REPEATED),
    (3, "rows", UINT32),
    (4, "columns", UINT32),
    (5, "term", STRING),
    (6, "pipes", BOOL),
    (7, "window", UINT32),
)

TERMINAL_INPUT = Schema(
    "TerminalInput",
    (1, "terminal_id", STRING),
    (2, "data", BYTES),
    (3, "end", BOOL),
)

TERMINAL_RESIZE = Schema(
    "TerminalResize",
    (1, "terminal_id", STRING),
    (2, "rows", UINT32),
    (3, "columns", UINT32),
)

TERMINAL_CLOSE = Schema(
    "TerminalClose",
    (1, "terminal_id", STRING),
)

TERMINAL_SIGNAL = Schema(
    "TerminalSignal",
    (1, "terminal_id", STRING),
    (2, "signal", INT32),
)

SHUTDOWN = Schema(
    "Shutdown",
    (1, "reason", STRING),
)

SERVER_HEARTBEAT = Schema(
    "ServerHeartbeat",
    (1, "sent_at_ms", INT64),
)

SERVER_FRAME = Schema(
    "ServerFrame",
    (1, "welcome", WELCOME, "frame"),
    (2, "run", RUN_ATTEMPT, "frame"),
    (3, "cancel", CANCEL_ATTEMPT, "frame"),
    (4, "log_ack", LOG_ACK, "frame"),
    (5, "exit_ack", EXIT_ACK, "frame"),
    (6, "terminal_open", TERMINAL_OPEN, "frame"),
    (7, "terminal_input", TERMINAL_INPUT, "frame"),
    (8, "terminal_resize", TERMINAL_RESIZE, "frame"),
    (9, "terminal_close", TERMINAL_CLOSE, "frame"),
    (10, "shutdown", SHUTDOWN, "frame"),
    (11, "heartbeat", SERVER_HEARTBEAT, "frame"),
    (12, "terminal_taken", TERMINAL_TAKEN, "frame"),
    (13, "terminal_signal", TERMINAL_SIGNAL, "frame"),
    (14, "certificate", CERTIFICATE, "frame"),
)

SERVER_BATCH = Schema(
    "ServerBatch",
    (1, "frames", SERVER_FRAME, REPEATED),
)
