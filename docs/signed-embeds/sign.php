<?php
// Signs players for the people of an intranet. PHP 7.1 or later, without a package.
declare(strict_types=1);

/** What the library expects: HMAC-SHA256 over seven lines, in hexadecimal digits. */
function signature(string $secret, string $key, string $item, string $kind, string $label, int $expires, string $nonce): string
{
    $text = implode("\n", ['privmedia-embed-v1', $key, $item, $kind, $label, (string) $expires, $nonce]);
    return hash_hmac('sha256', $text, $secret);
}

/** The `src` of the player's <iframe>, for one person and one load of the page. $kind is 'user' or 'group'. */
function signed_address(
    string $site,
    string $embed,
    string $item,
    string $key,
    string $secret,
    string $label,
    string $kind = 'user',
    int $lasts = 4 * 3600
): string {
    $expires = time() + $lasts;
    $nonce = bin2hex(random_bytes(16));
    $signature = signature($secret, $key, $item, $kind, $label, $expires, $nonce);
    $said = ['key' => $key, 'item' => $item, $kind => $label, 'expires' => $expires, 'nonce' => $nonce];
    return "$site/embed/$embed#" . http_build_query($said + ['signature' => $signature], '', '&');
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    // php sign.php EMBED ITEM "Jonas Bakke"
    [, $embed, $item, $label] = $argv;
    [$site, $key, $secret] = array_map('getenv', ['PRIVMEDIA_URL', 'PRIVMEDIA_KEY', 'PRIVMEDIA_SECRET']);
    echo signed_address($site, $embed, $item, $key, $secret, $label), "\n";
}
