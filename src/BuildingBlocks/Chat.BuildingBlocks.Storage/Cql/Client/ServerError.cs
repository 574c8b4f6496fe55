using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>An ERROR frame (v4 §9). With <see cref="CqlErrorCodes.Unprepared"/> it names what the server has forgotten; else the id is empty.</summary>
internal sealed record ServerError(int Code, string Message, byte[] UnpreparedId)
{
    /// <summary>The cluster's state, not the statement, is to blame; another node may do better.</summary>
    public bool IsTransient => Code is CqlErrorCodes.ServerError or CqlErrorCodes.Unavailable or CqlErrorCodes.Overloaded or CqlErrorCodes.IsBootstrapping
        or CqlErrorCodes.TruncateError or CqlErrorCodes.WriteTimeout or CqlErrorCodes.ReadTimeout or CqlErrorCodes.ReadFailure or CqlErrorCodes.WriteFailure
        or CqlErrorCodes.CdcWriteFailure or CqlErrorCodes.CasWriteUnknown or CqlErrorCodes.Unprepared;

    /// <summary>The node has done nothing: elsewhere it is the first time.</summary>
    public bool NothingHappened => Code is CqlErrorCodes.IsBootstrapping or CqlErrorCodes.Unprepared;

    public static ServerError Read(in Response response)
    {
        var reader = new BodyReader(response.Body);
        reader.Preamble(response.Flags);
        var (code, message) = (reader.Int(), reader.String());
        return new ServerError(code, message, code == CqlErrorCodes.Unprepared ? reader.ShortBytes().ToArray() : []);
    }

    public Exception ToException() => IsTransient
        ? new StoreUnavailableException($"The cluster could not do it (0x{Code:X4}): {Message}")
        : new CqlException(Code, Message);
}
