namespace Chat.Modules.Messaging.Homes;

/// <summary>Why what was handed to a home was taken back.</summary>
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
