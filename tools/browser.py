"""The browser of the page checks: any Chromium or Chrome on this machine, driven by Playwright."""

import argparse
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
HOW_TO_GET_ONE = (
    "No Chromium or Chrome was found.\n"
    "  Debian, Ubuntu:  sudo apt-get install chromium\n"
    "  Fedora:          sudo dnf install chromium\n"
    "  macOS, Windows:  install Google Chrome\n"
    "or set the variable BROWSER_PATH to the executable."
)


def find_browser():
    """Path of a Chromium or Chrome, or None."""
    named = os.environ.get("BROWSER_PATH")
    if named is not None:
        return named if Path(named).exists() else None
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return on_path or next((place for place in PLACES if Path(place).exists()), None)


@contextmanager
def open_browser(executable):
    """A headless browser that makes no background requests and reaches no other machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def check_site_in_browser(description, find, good):
    """The command line of a check: print what ``find(browser, site)`` finds, and fail; or what is good."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--require-browser", action="store_true", help="no browser: fail instead of skip")
    options, executable = parser.parse_args(), find_browser()
    if executable is None:
        print(HOW_TO_GET_ONE)
        sys.exit(options.require_browser)
    with open_browser(executable) as browser:
        found = list(find(browser, options.site))
    print("\n".join(found) or good)
    sys.exit(bool(found))
