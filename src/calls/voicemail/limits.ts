/** How long a voicemail may be, in milliseconds. */
export const mostVoicemailMs = 120_000;
