namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Frames' opcodes (CQL binary protocol v4 §2.4).</summary>
internal enum Opcode : byte
{
    Error = 0x00,
    Startup = 0x01,
    Ready = 0x02,
    Authenticate = 0x03,
    Options = 0x05,
    Supported = 0x06,
    Query = 0x07,
    Result = 0x08,
    Prepare = 0x09,
    Execute = 0x0A,
    Register = 0x0B,
    Event = 0x0C,
    Batch = 0x0D,
    AuthChallenge = 0x0E,
    AuthResponse = 0x0F,
    AuthSuccess = 0x10,
}

/// <summary>A frame's flags (§2.2).</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    Compressed = 0x01,
    Tracing = 0x02,
    CustomPayload = 0x04,
    Warning = 0x08,
}

/// <summary>Consistency levels as they are written (§3).</summary>
internal enum WireConsistency : short
{
    One = 0x0001,
    Quorum = 0x0004,
    All = 0x0005,
    LocalQuorum = 0x0006,
    Serial = 0x0008,
    LocalSerial = 0x0009,
}

/// <summary>Error codes that the client acts on (§9).</summary>
internal static class CqlErrorCodes
{
    public const int ServerError = 0x0000;
    public const int Protocol = 0x000A;
    public const int BadCredentials = 0x0100;
    public const int Unavailable = 0x1000;
    public const int Overloaded = 0x1001;
    public const int IsBootstrapping = 0x1002;
    public const int TruncateError = 0x1003;
    public const int WriteTimeout = 0x1100;
    public const int ReadTimeout = 0x1200;
    public const int ReadFailure = 0x1300;
    public const int FunctionFailure = 0x1400;
    public const int WriteFailure = 0x1500;
    public const int CdcWriteFailure = 0x1600;
    public const int CasWriteUnknown = 0x1700;
    public const int Invalid = 0x2200;
    public const int Unprepared = 0x2500;
}

/// <summary>Protocol versions in use. Both have the same frames; v5 carries them in checksummed segments.</summary>
internal static class ProtocolVersion
{
    public const byte V4 = 4;
    public const byte V5 = 5;
}
