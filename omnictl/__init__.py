"""omnictl: the omnichannel cockpit as code."""

__version__ = "0.1.0"
