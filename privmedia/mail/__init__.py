"""Mail: letters to people, kept as rows and sent by a job. It knows nothing of what they are about."""
