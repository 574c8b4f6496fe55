namespace Chat.Modules.Groups.Domain;

/// <summary>How a member came into a group. Each kind has a separate limit, so that others cannot use up a user's own.</summary>
internal enum Joining
{
    /// <summary>Added by somebody to whom the member has written; also all memberships from before kinds were stored.</summary>
    Known,

    /// <summary>Created the group.</summary>
    Own,

    /// <summary>Added by somebody to whom the member has never written.</summary>
    ByStranger,
}

/// <summary>The most groups of a user, by how it came in.</summary>
/// <param name="PerUser">Groups that it created; and, counted separately, groups that people it knows added it to.</param>
/// <param name="ByStrangers">Groups that strangers added it to.</param>
internal readonly record struct GroupLimits(int PerUser, int ByStrangers)
{
    public int Lowest => Math.Min(PerUser, ByStrangers);

    public int Of(Joining joining) => joining == Joining.ByStranger ? ByStrangers : PerUser;
}
