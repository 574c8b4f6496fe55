namespace Chat.Modules.Messaging.Homes;

/// <summary>Why a server is asked no more as a home: for a while, or at all.</summary>
internal enum HomeFailure
{
    /// <summary>It said nothing in time.</summary>
    Silent,

    /// <summary>Something was lost on the way to it or from it.</summary>
    Lost,

    /// <summary>It answered, and could not append.</summary>
    Failing,

    /// <summary>It has ended, or this server has lost its lease.</summary>
    Left,
}
