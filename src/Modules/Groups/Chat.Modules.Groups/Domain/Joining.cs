namespace Chat.Modules.Groups.Domain;

/// <summary>How a member came into a group: each kind has a limit of its own, so that nobody uses up another's.</summary>
internal enum Joining
{
    /// <summary>Added by somebody whom the member has written to; and whoever was in a group before kinds were kept.</summary>
    Known,

    /// <summary>Made the group.</summary>
    Own,

    /// <summary>Added by somebody whom the member has never written to.</summary>
    ByStranger,
}

/// <summary>Groups that a user may be in, by how it came in.</summary>
/// <param name="PerUser">Those of its own, and as many again by people whom it knows.</param>
/// <param name="ByStrangers">Those by others.</param>
internal readonly record struct GroupLimits(int PerUser, int ByStrangers)
{
    public int Lowest => Math.Min(PerUser, ByStrangers);

    public int Of(Joining joining) => joining == Joining.ByStranger ? ByStrangers : PerUser;
}
